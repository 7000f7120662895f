"""What was typed and not sent yet (drafts.py)."""

import sqlalchemy as sa
from alembic import op

revision = "0005_drafts"
down_revision = "0004_authority"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("saved", sa.DateTime(timezone=True), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_draft")),
    )
    with op.batch_alter_table("draft") as batch:
        batch.create_index(op.f("ix_draft_saved"), ["saved"])


def downgrade() -> None:
    op.drop_table("draft")
