"""The procuring entity's side (発注機関): officials, qualification list, companies, cards, history."""
