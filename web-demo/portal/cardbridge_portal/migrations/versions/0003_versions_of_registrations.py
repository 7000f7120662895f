"""Versions of registrations: a change says which one it has seen. The proof of the card to be renewed."""

import sqlalchemy as sa
from alembic import op

revision = "0003_versions"
down_revision = "0002_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("registration") as batch:
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("signing_transaction") as batch:
        batch.add_column(sa.Column("version", sa.Integer(), nullable=True))
    with op.batch_alter_table("portal_session") as batch:
        batch.add_column(sa.Column("old_proof", sa.JSON(none_as_null=True), nullable=True))
        batch.add_column(sa.Column("version", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("portal_session") as batch:
        batch.drop_column("version")
        batch.drop_column("old_proof")
    with op.batch_alter_table("signing_transaction") as batch:
        batch.drop_column("version")
    with op.batch_alter_table("registration") as batch:
        batch.drop_column("version")
