from .manifests import Manifest as Manifest
from .manifests import Manifests as Manifests
from .manifests import load as load
from .network import Answer as Answer
from .network import Network as Network
from .network import may_connect as may_connect
from .pods import Host as Host
from .pods import Pod as Pod
from .pods import PodPort as PodPort
from .pods import pods_of as pods_of
from .rendering import render as render
from .schemas import assert_admitted as assert_admitted

__all__: list[str]
