"""Constructs for cdk8s, and the AIOS management cluster made of them.

The public names stand in ``__init__.pyi``. Each is imported when it is first used: only constructs and charts start Node.js.
"""

import lazy_loader

from mgmtcluster.nodejs import prepare

__version__ = "0.1.0"

prepare()

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
