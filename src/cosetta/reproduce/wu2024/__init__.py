"""Wu, Jaburi, Drori and Gross 2024, "Towards a unified and verified understanding of group-operation networks"."""
