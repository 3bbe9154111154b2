"""What every construct is made of: objects, pods, policies, jobs, scripts, volumes."""
