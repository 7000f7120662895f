"""The screens, S0 to S8."""
