"""What several suites share: servers, programs, and how they are run."""
