"""What is known of a database before anything is built: who answers, under which password, and how to wait for it."""
