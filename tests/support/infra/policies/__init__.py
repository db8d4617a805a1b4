"""What must hold for every deployment, read from the profiles' snapshots."""
