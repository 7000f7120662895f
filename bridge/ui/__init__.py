"""What the user sees: windows in processes of their own."""
