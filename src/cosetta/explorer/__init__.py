"""One page in which a network can be looked at, offline and in one file: `cosetta explore`."""

from cosetta.explorer.index import index_page, index_row
from cosetta.explorer.packing import Sidecar, pack, unpack
from cosetta.explorer.page import explorer_page
from cosetta.explorer.sidecar import Explored, make_sidecar
from cosetta.explorer.source import PAGE, Opened, open_target, page_folder

__all__ = [
    "PAGE",
    "Explored",
    "Opened",
    "Sidecar",
    "explorer_page",
    "index_page",
    "index_row",
    "make_sidecar",
    "open_target",
    "pack",
    "page_folder",
    "unpack",
]
