"""Mail: notices are written into the outbox with the event they tell of, and sent from there."""
