"""Posts and reviews are found by what is asked of them; appointments keep room for their moves.

Posts are asked for as of an instant, also of those that have ended: an index of those that stand
answers none of it. The public page of a prescription asks for the review of one document. An
appointment is written once and moved several times.
"""

from lianyi.kernel.migrate import run

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    run("""
    DROP INDEX people.post_person_id_idx, people.post_department_id_idx,
      people.post_institution_id_role_idx;
    CREATE INDEX ON people.post (person_id);
    CREATE INDEX ON people.post (department_id);
    CREATE INDEX ON people.post (institution_id, role);
    CREATE INDEX ON prescribing.review (document_id);
    ALTER TABLE booking.appointment SET (fillfactor = 60);
    """)
