"""Lists of cards: an index in their order, with all that a search looks at."""

from alembic import op

revision = "0006_lists"
down_revision = "0005_drafts"
branch_labels = None
depends_on = None

COLUMNS = ["municipality", "id", "state", "not_after", "registration_id", "serial", "holder", "issuer"]


def upgrade() -> None:
    op.create_index("ix_card_list", "card", COLUMNS)


def downgrade() -> None:
    op.drop_index("ix_card_list", "card")
