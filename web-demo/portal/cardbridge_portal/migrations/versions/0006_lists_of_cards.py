"""Lists of cards: an index that has all that a search looks at, for the one that had a column of it."""

from alembic import op

revision = "0006_lists"
down_revision = "0005_drafts"
branch_labels = None
depends_on = None

COLUMNS = ["registration_id", "state", "not_after", "serial", "holder", "issuer"]


def upgrade() -> None:
    op.create_index("ix_card_list", "card", COLUMNS)
    op.drop_index("ix_card_registration_id", "card")


def downgrade() -> None:
    op.create_index("ix_card_registration_id", "card", COLUMNS[:1])
    op.drop_index("ix_card_list", "card")
