"""The map is the list of edges, drawn."""

from pathlib import Path

from mgmtcluster.edges import Edge
from mgmtcluster.kinds.peers import EVERYBODY, Peer
from mgmtcluster.map.mermaid import mermaid, mermaid_page
from tests.rendering import Platform


def test_the_committed_map_is_the_platforms(platform: Platform) -> None:
    """docs/map.md is what `make map` writes."""
    assert (Path(__file__).parent.parent / "docs" / "map.md").read_text() == mermaid_page(platform.edges)


def test_every_workload_is_drawn_in_the_room_of_its_namespace() -> None:
    """An edge gives both ends a box, and an arrow with its port; a grant gives one with its database."""
    web, database = Peer("shop", "web"), Peer("data", "orders-db")
    calls = Edge(web, Peer("shop", "cart"), 80, why="CART_URL")
    uses = Edge(web, database, 27017, why="URL", database="orders")
    asks = Edge(web, Peer.at("192.0.2.0/24"), 1, why="news", last_port=9)
    opened = Edge(EVERYBODY, web, 80, why="node port 30400", let_in=True)
    assert [*mermaid([calls, uses, asks, opened])] == [
        "flowchart LR",
        "  subgraph outside",
        "    outside_192_0_2_0_24[192.0.2.0/24]",
        "  end",
        "  subgraph data",
        "    data_orders_db[orders-db]",
        "  end",
        "  subgraph shop",
        "    shop_cart[cart]",
        "    shop_web[web]",
        "  end",
        "  shop_web -- 1-9 --> outside_192_0_2_0_24",
        "  shop_web == orders ==> data_orders_db",
        "  shop_web -- 80 --> shop_cart",
    ]
