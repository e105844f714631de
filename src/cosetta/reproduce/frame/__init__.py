"""What every paper's reproduction is made of, and no paper owns: claims, rules, tables, pages, files."""
