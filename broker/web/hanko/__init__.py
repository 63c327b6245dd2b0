"""What Hanko's own clients call beside the plain surface: REST endpoints, the Flow API, the admin API."""
