"""What two scanners, and the scripts themselves, say about the manifests."""
