"""What the tests of an app need: its manifests, golden YAML files, who may connect to whom, and the schemas of Kubernetes.

``pip install 'mgmtcluster[testing]'`` is all: pytest finds the fixture ``yaml_snapshot`` then.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
