"""The ground: every table of the first release."""

import geoalchemy2
import sqlalchemy as sa
import sqlmodel
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql
from sqlmodel import Session

from alembic import op
from kit.jobs import machine_now
from kit.partitions import make_ahead

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

EXTENSIONS = ("postgis", "pg_trgm", "btree_gist", "unaccent")
# unaccent() alone is not immutable, since its dictionary could be changed; naming the dictionary makes it so.
FOLD = """
CREATE FUNCTION fold(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN lower(public.unaccent('public.unaccent', words))
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for extension in EXTENSIONS:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    op.execute(FOLD)
    op.execute("CREATE SEQUENCE outbox_stream")
    op.create_table('agency',
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('parent_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('is_desk', sa.Boolean(), nullable=False),
    sa.Column('calendar_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('successor_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('contact', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.ForeignKeyConstraint(['parent_code'], ['agency.code'], ),
    sa.ForeignKeyConstraint(['successor_code'], ['agency.code'], ),
    sa.PrimaryKeyConstraint('code')
    )
    op.create_table('anchor',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reports', sa.Integer(), nullable=False),
    sa.Column('root', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_geospatial_table('area',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('layer', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('parent_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('approximate', sa.Boolean(), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('area_m2', sa.Float(), nullable=False),
    sa.Column('content_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('geom', Geometry(geometry_type='MULTIPOLYGON', srid=4326, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry', nullable=False), nullable=False),
    sa.CheckConstraint("layer IN ('ward', 'province', 'district', 'neighbour')", name='layer'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('layer', 'code', 'valid_from')
    )
    op.create_geospatial_index('idx_area_geom', 'area', ['geom'], unique=False, postgresql_using='gist', postgresql_ops={})
    op.create_table('audit_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.Column('data', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_audit_entry_at', 'audit_entry', [sa.literal_column('at DESC')], unique=False)
    op.create_index('ix_audit_entry_report', 'audit_entry', ['report_id'], unique=False)
    op.create_table('auth_session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('is_staff', sa.Boolean(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('refresh_hash', sa.LargeBinary(), nullable=False),
    sa.Column('previous_hash', sa.LargeBinary(), nullable=True),
    sa.Column('successor_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('rotated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_why', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('previous_hash'),
    sa.UniqueConstraint('refresh_hash')
    )
    op.create_index('ix_auth_session_subject', 'auth_session', ['subject_id'], unique=False)
    op.create_table('category',
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('parent_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('name_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('icon', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('sort', sa.Integer(), nullable=False),
    sa.Column('publication', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('sensitive', sa.Boolean(), nullable=False),
    sa.Column('needs_approval', sa.Boolean(), nullable=False),
    sa.Column('severity', sa.Integer(), nullable=False),
    sa.Column('quiet_days', sa.Integer(), nullable=False),
    sa.Column('duplicate_radius_m', sa.Integer(), nullable=False),
    sa.Column('duplicate_days', sa.Integer(), nullable=False),
    sa.Column('proof_radius_m', sa.Integer(), nullable=False),
    sa.Column('attributes', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('imported', sa.Boolean(), nullable=False),
    sa.CheckConstraint("publication IN ('always','after_review','never')", name='publication'),
    sa.ForeignKeyConstraint(['parent_code'], ['category.code'], ),
    sa.PrimaryKeyConstraint('code')
    )
    op.create_table('channel_pause',
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('why', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('channel', name=op.f('pk_channel_pause'))
    )
    op.create_table('delivery',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.Column('recipient_kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('recipient_id', sa.Uuid(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('device_token_id', sa.Uuid(), nullable=True),
    sa.Column('template', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('locale', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('params', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('asks', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sending_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('provider_ref', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('last_error', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('planned','sending','sent','failed','unknown','dead','suppressed')", name=op.f('ck_delivery_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
    sa.UniqueConstraint('event_id', 'recipient_kind', 'recipient_id', 'channel', 'device_token_id', name='uq_delivery_once', postgresql_nulls_not_distinct=True)
    )
    op.create_index('ix_delivery_created', 'delivery', ['created_at'], unique=False)
    op.create_index('ix_delivery_report', 'delivery', ['report_id'], unique=False)
    op.create_index('ix_delivery_unsettled', 'delivery', ['id'], unique=False, postgresql_where=sa.text("state IN ('sending','unknown','dead')"))
    op.create_table('device_token',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('token_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('owner_kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('platform', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('app_version', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('dead_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_device_token')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_device_token_token_hash'))
    )
    op.create_index('ix_device_token_owner', 'device_token', ['owner_id'], unique=False)
    op.create_table('directory_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('areas_version', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('duty_function',
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('code')
    )
    op.create_table('entry_text',
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('report_id', 'seq')
    )
    op.create_table('figure_dirty',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_figure_dirty'))
    )
    op.create_index('ix_figure_dirty_on_day', 'figure_dirty', ['on_day'], unique=False)
    op.create_table('figure_rollup',
    sa.Column('basis', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('dim', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('span', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('received', sa.Integer(), nullable=False),
    sa.Column('valid', sa.Integer(), nullable=False),
    sa.Column('answered', sa.Integer(), nullable=False),
    sa.Column('rejected', sa.Integer(), nullable=False),
    sa.Column('referred', sa.Integer(), nullable=False),
    sa.Column('duplicate', sa.Integer(), nullable=False),
    sa.Column('withdrawn', sa.Integer(), nullable=False),
    sa.Column('no_promise', sa.Integer(), nullable=False),
    sa.Column('promised', sa.Integer(), nullable=False),
    sa.Column('strict_hits', sa.Integer(), nullable=False),
    sa.Column('lenient_hits', sa.Integer(), nullable=False),
    sa.Column('ever_answered', sa.Integer(), nullable=False),
    sa.Column('reopened', sa.Integer(), nullable=False),
    sa.Column('hops', sa.Float(), nullable=False),
    sa.Column('rated', sa.Integer(), nullable=False),
    sa.Column('satisfied', sa.Integer(), nullable=False),
    sa.Column('answered_rated', sa.Integer(), nullable=False),
    sa.Column('timed', sa.Integer(), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('work_seconds', sa.Float(), nullable=False),
    sa.Column('due_766', sa.Integer(), nullable=False),
    sa.Column('hits_766', sa.Integer(), nullable=False),
    sa.Column('content_766', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('basis', 'dim', 'span', 'on_day', 'key', name=op.f('pk_figure_rollup'))
    )
    op.create_table('inbox_message',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('recipient_kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('recipient_id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('template', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('params', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox_message')),
    sa.UniqueConstraint('event_id', 'recipient_kind', 'recipient_id', name=op.f('uq_inbox_message_event_id_recipient_kind_recipient_id'))
    )
    op.create_index('ix_inbox_message_created', 'inbox_message', ['created_at'], unique=False)
    op.create_index('ix_inbox_message_newest', 'inbox_message', ['recipient_id', sa.literal_column('created_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_table('job',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('event_day', sa.Date(), nullable=False),
    sa.Column('task', sa.String(length=80), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lapses', sa.Integer(), nullable=False),
    sa.Column('run_after', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.PrimaryKeyConstraint('id', 'day', name=op.f('pk_job')),
    postgresql_partition_by='RANGE (day)'
    )
    op.create_index('ix_job_dead', 'job', ['id'], unique=False, postgresql_where=sa.text("state = 'dead'"))
    op.create_index('ix_job_event', 'job', ['event_id', 'task'], unique=False)
    op.create_index('ix_job_open', 'job', ['run_after'], unique=False, postgresql_where=sa.text("state IN ('queued', 'running')"))
    op.create_table('otp_challenge',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('phone_hash', sa.LargeBinary(), nullable=False),
    sa.Column('phone_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_otp_challenge_phone', 'otp_challenge', ['phone_hash', 'created_at'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.Uuid(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('stream_no', sa.BigInteger(), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', 'day', name=op.f('pk_outbox')),
    postgresql_partition_by='RANGE (day)'
    )
    op.create_index('ix_outbox_stream_no', 'outbox', ['stream_no'], unique=False)
    op.create_index('ix_outbox_waiting', 'outbox', ['id'], unique=False, postgresql_where=sa.text('stream_no IS NULL'))
    op.create_table('person',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('alias', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('phone_hash', sa.LargeBinary(), nullable=True),
    sa.Column('locale', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('merged_into', sa.Uuid(), nullable=True),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['merged_into'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('phone_hash')
    )
    op.create_table('photo',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('status', sa.String(length=8), nullable=False),
    sa.Column('public', sa.Boolean(), nullable=False),
    sa.Column('original_key', sa.String(length=120), nullable=True),
    sa.Column('content_type', sa.String(length=32), nullable=False),
    sa.Column('bytes', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('renditions', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('placeholder', sa.String(length=64), nullable=True),
    sa.Column('phash', sa.String(length=16), nullable=True),
    sa.Column('hints', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('failure', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('processed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attached_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seal_until', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('before', 'after')", name=op.f('ck_photo_kind')),
    sa.CheckConstraint("status IN ('pending', 'ready', 'failed')", name=op.f('ck_photo_status')),
    sa.CheckConstraint('(report_id IS NULL) = (attached_at IS NULL)', name=op.f('ck_photo_attached')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_photo'))
    )
    op.create_index('ix_photo_loose', 'photo', ['created_at'], unique=False, postgresql_where=sa.text('report_id IS NULL'))
    op.create_index('ix_photo_owner_id', 'photo', ['owner_id', 'created_at'], unique=False)
    op.create_index('ix_photo_report_id', 'photo', ['report_id', 'created_at'], unique=False, postgresql_where=sa.text('report_id IS NOT NULL'))
    op.create_index('ix_photo_seal_until', 'photo', ['seal_until'], unique=False, postgresql_where=sa.text('original_key IS NOT NULL'))
    op.create_table('preference',
    sa.Column('owner_kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('push', sa.Boolean(), nullable=False),
    sa.Column('sms', sa.Boolean(), nullable=False),
    sa.Column('email', sa.Boolean(), nullable=False),
    sa.Column('quiet_from', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('quiet_to', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('owner_kind', 'owner_id', name=op.f('pk_preference'))
    )
    op.create_table('rate_count',
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('window_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('key', 'window_start')
    )
    op.create_index('ix_rate_count_until', 'rate_count', ['until'], unique=False)
    op.create_table('report_fact',
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('category', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('agency', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('agency_strict', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('agency_lenient', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('team', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('area', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('area_today', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('first_response_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_on', sa.Date(), nullable=True),
    sa.Column('first_answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('exit_kind', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('exit_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.Column('paused', sa.Boolean(), nullable=False),
    sa.Column('reopened', sa.Integer(), nullable=False),
    sa.Column('hops', sa.Integer(), nullable=False),
    sa.Column('has_promise', sa.Boolean(), nullable=False),
    sa.Column('strict_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lenient_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ack_s', sa.Float(), nullable=True),
    sa.Column('ack_work_s', sa.Float(), nullable=True),
    sa.Column('resolve_s', sa.Float(), nullable=True),
    sa.Column('resolve_work_s', sa.Float(), nullable=True),
    sa.Column('calendar', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('received_work_s', sa.Float(), nullable=False),
    sa.Column('rating', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('imported', sa.Boolean(), nullable=False),
    sa.Column('sensitive', sa.Boolean(), nullable=False),
    sa.Column('placed', sa.Boolean(), nullable=False),
    sa.Column('cell_lat', sa.Integer(), nullable=False),
    sa.Column('cell_lon', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('report_id', name=op.f('pk_report_fact'))
    )
    op.create_index('ix_report_fact_agency', 'report_fact', ['agency', 'received_on'], unique=False)
    op.create_index('ix_report_fact_answered', 'report_fact', ['answered_on'], unique=False, postgresql_where=sa.text('answered_on IS NOT NULL'))
    op.create_index('ix_report_fact_area', 'report_fact', ['area', 'received_on'], unique=False)
    op.create_index('ix_report_fact_category', 'report_fact', ['category', 'received_on'], unique=False)
    op.create_index('ix_report_fact_cell', 'report_fact', ['category', 'cell_lat', 'cell_lon'], unique=False)
    op.create_index('ix_report_fact_open', 'report_fact', ['received_at'], unique=False, postgresql_where=sa.text('is_open'))
    op.create_index('ix_report_fact_page', 'report_fact', [sa.literal_column('received_at DESC'), sa.literal_column('report_id DESC')], unique=False)
    op.create_index('ix_report_fact_received', 'report_fact', ['received_on', 'agency', 'category'], unique=False)
    op.create_table('report_fact_past',
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('category', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('agency', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('agency_strict', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('agency_lenient', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('team', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('area', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('area_today', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('first_response_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_on', sa.Date(), nullable=True),
    sa.Column('first_answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('exit_kind', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('exit_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.Column('paused', sa.Boolean(), nullable=False),
    sa.Column('reopened', sa.Integer(), nullable=False),
    sa.Column('hops', sa.Integer(), nullable=False),
    sa.Column('has_promise', sa.Boolean(), nullable=False),
    sa.Column('strict_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lenient_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ack_s', sa.Float(), nullable=True),
    sa.Column('ack_work_s', sa.Float(), nullable=True),
    sa.Column('resolve_s', sa.Float(), nullable=True),
    sa.Column('resolve_work_s', sa.Float(), nullable=True),
    sa.Column('calendar', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('received_work_s', sa.Float(), nullable=False),
    sa.Column('rating', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('imported', sa.Boolean(), nullable=False),
    sa.Column('sensitive', sa.Boolean(), nullable=False),
    sa.Column('placed', sa.Boolean(), nullable=False),
    sa.Column('cell_lat', sa.Integer(), nullable=False),
    sa.Column('cell_lon', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('report_id', 'seq', name=op.f('pk_report_fact_past'))
    )
    op.create_index('ix_report_fact_past_received', 'report_fact_past', ['received_on'], unique=False)
    op.create_index('ix_report_fact_past_until', 'report_fact_past', ['until'], unique=False)
    op.create_table('sealed_contact',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('notify', sa.Boolean(), nullable=False),
    sa.Column('typed_by', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_sealed_contact_person', 'sealed_contact', ['person_id'], unique=False)
    op.create_index('ix_sealed_contact_report', 'sealed_contact', ['report_id'], unique=False)
    op.create_table('suppressed_address',
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('why', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_suppressed_address'))
    )
    op.create_table('work_calendar',
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('timezone', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('week', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('around_the_clock', sa.Boolean(), nullable=False),
    sa.Column('roll', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('holidays', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('code')
    )
    op.create_table('account',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('login', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('role', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('agency_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('password_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('totp_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('totp_last_step', sa.Integer(), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('locale', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('phone_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('email_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('api_key_hash', sa.LargeBinary(), nullable=True),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('api_key_hash'),
    sa.UniqueConstraint('login')
    )
    op.create_table('calendar_day',
    sa.Column('calendar_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('on_date', sa.Date(), nullable=False),
    sa.Column('hours', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('name_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['calendar_code'], ['work_calendar.code'], ),
    sa.PrimaryKeyConstraint('calendar_code', 'on_date')
    )
    op.create_table('device',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('secret_hash', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_device_person_id'), 'device', ['person_id'], unique=False)
    op.create_table('function_holder',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('function_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('agency_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('area_layer', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('area_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], ),
    sa.ForeignKeyConstraint(['function_code'], ['duty_function.code'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_function_holder_place', 'function_holder', ['function_code', 'area_layer', 'area_code'], unique=False)
    op.create_table('routing_rule',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('title_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('title_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('condition', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('function_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('agency_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('supporting', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('severity_floor', sa.Integer(), nullable=True),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('valid_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('valid_to', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], ),
    sa.ForeignKeyConstraint(['function_code'], ['duty_function.code'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code', 'version')
    )
    op.create_table('sla_policy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('title_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('title_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('category_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('min_severity', sa.Integer(), nullable=False),
    sa.Column('agency_kind', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('calendar_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('targets', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('ladder', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('max_extensions', sa.Integer(), nullable=False),
    sa.Column('max_extension_days', sa.Integer(), nullable=False),
    sa.Column('max_pause_days', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('valid_to', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['category_code'], ['category.code'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code', 'version')
    )
    op.create_table('team',
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('agency_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], ),
    sa.PrimaryKeyConstraint('code')
    )
    op.create_index(op.f('ix_team_agency_code'), 'team', ['agency_code'], unique=False)
    op.create_table('access_grant',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_access_grant_account_id'), 'access_grant', ['account_id'], unique=False)
    op.create_index(op.f('ix_access_grant_report_id'), 'access_grant', ['report_id'], unique=False)
    op.create_geospatial_table('field_worker',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('agency_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('team_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('skills', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('shift', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('on_duty', sa.Boolean(), nullable=False),
    sa.Column('position', Geometry(geometry_type='POINT', srid=4326, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry'), nullable=True),
    sa.Column('position_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('position_accuracy_m', sa.Float(), nullable=True),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], ),
    sa.ForeignKeyConstraint(['team_code'], ['team.code'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_field_worker_agency_code'), 'field_worker', ['agency_code'], unique=False)
    op.create_index('ix_field_worker_on_duty', 'field_worker', ['agency_code'], unique=False, postgresql_where=sa.text('on_duty'))
    op.create_geospatial_table('report',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
    sa.Column('reporter_id', sa.Uuid(), nullable=False),
    sa.Column('body_sha256', sa.LargeBinary(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('category_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('severity', sa.Integer(), nullable=False),
    sa.Column('description', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('address', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('attributes', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('anonymous', sa.Boolean(), nullable=False),
    sa.Column('point', Geometry(geometry_type='POINT', srid=4326, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry', nullable=False), nullable=False),
    sa.Column('lon', sa.Float(), nullable=False),
    sa.Column('lat', sa.Float(), nullable=False),
    sa.Column('accuracy_m', sa.Float(), nullable=True),
    sa.Column('location_source', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agency_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('agency_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('supporting', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('refused_by', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('hops', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=True),
    sa.Column('area_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('stat_area_id', sa.Integer(), nullable=True),
    sa.Column('approximate', sa.Boolean(), nullable=False),
    sa.Column('ambiguous', sa.Boolean(), nullable=False),
    sa.Column('route', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('text_flags', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('sensitive', sa.Boolean(), nullable=False),
    sa.Column('worker_id', sa.Uuid(), nullable=True),
    sa.Column('team_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('policy_id', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lenient_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ack_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cycle', sa.Integer(), nullable=False),
    sa.Column('paused_from', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('close_after', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('rating', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('rated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lead_id', sa.Uuid(), nullable=True),
    sa.Column('imported', sa.Boolean(), nullable=False),
    sa.Column('external_source', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('external_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('chain_head', sa.LargeBinary(), nullable=False),
    sa.Column('chain_length', sa.Integer(), nullable=False),
    sa.CheckConstraint('hops >= 0', name='hops'),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], ),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], ),
    sa.ForeignKeyConstraint(['category_code'], ['category.code'], ),
    sa.ForeignKeyConstraint(['lead_id'], ['report.id'], ),
    sa.ForeignKeyConstraint(['policy_id'], ['sla_policy.id'], ),
    sa.ForeignKeyConstraint(['stat_area_id'], ['area.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code'),
    sa.UniqueConstraint('external_source', 'external_id')
    )
    op.create_geospatial_index('idx_report_point', 'report', ['point'], unique=False, postgresql_using='gist', postgresql_ops={})
    op.create_index('ix_report_address', 'report', [sa.literal_column('fold(address) gin_trgm_ops')], unique=False, postgresql_using='gin')
    op.create_index('ix_report_agency_newest', 'report', ['agency_code', sa.literal_column('received_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_report_agency_status', 'report', ['agency_code', 'status', sa.literal_column('received_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_report_area', 'report', ['area_code', sa.literal_column('received_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_report_category', 'report', ['category_code', sa.literal_column('received_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_report_closing', 'report', ['close_after'], unique=False, postgresql_where=sa.text('close_after IS NOT NULL'))
    op.create_index('ix_report_due', 'report', ['lenient_due_at', 'id'], unique=False, postgresql_where=sa.text('lenient_due_at IS NOT NULL'))
    op.create_index(op.f('ix_report_lead_id'), 'report', ['lead_id'], unique=False)
    op.create_index('ix_report_newest', 'report', [sa.literal_column('received_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_report_reporter', 'report', ['reporter_id', sa.literal_column('received_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_report_text', 'report', [sa.literal_column('fold(description) gin_trgm_ops')], unique=False, postgresql_using='gin')
    op.create_index('ix_report_worker', 'report', ['worker_id'], unique=False, postgresql_where=sa.text('worker_id IS NOT NULL'))
    op.create_table('assignment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('agency_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('team_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('worker_id', sa.Uuid(), nullable=True),
    sa.Column('assigned_by', sa.Uuid(), nullable=False),
    sa.Column('offered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decline_reason', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_assignment_offer', 'assignment', ['expires_at'], unique=False, postgresql_where=sa.text("state = 'offered'"))
    op.create_index(op.f('ix_assignment_report_id'), 'assignment', ['report_id'], unique=False)
    op.create_index('ix_assignment_team', 'assignment', ['team_code', 'state'], unique=False)
    op.create_index('ix_assignment_worker', 'assignment', ['worker_id', 'state'], unique=False)
    op.create_index('uq_assignment_open', 'assignment', ['report_id'], unique=True, postgresql_where=sa.text("state IN ('offered','accepted','started')"))
    op.create_table('extension_request',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('agency_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('cycle', sa.Integer(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('requested_by', sa.Uuid(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('approved', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_extension_request_report_id'), 'extension_request', ['report_id'], unique=False)
    op.create_table('follower',
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], ),
    sa.PrimaryKeyConstraint('report_id', 'person_id')
    )
    op.create_index(op.f('ix_follower_person_id'), 'follower', ['person_id'], unique=False)
    op.create_table('sla_clock',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('cycle', sa.Integer(), nullable=False),
    sa.Column('agency_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('policy_id', sa.Integer(), nullable=True),
    sa.Column('calendar_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('target', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('first_due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lenient_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('pause_reason', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('breached_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('rungs_fired', sa.Integer(), nullable=False),
    sa.Column('sweep_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['policy_id'], ['sla_policy.id'], ),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_sla_clock_open_calendar', 'sla_clock', ['calendar_code', 'id'], unique=False, postgresql_where=sa.text('stopped_at IS NULL'))
    op.create_index('ix_sla_clock_report', 'sla_clock', ['report_id'], unique=False)
    op.create_index('ix_sla_clock_sweep', 'sla_clock', ['sweep_at'], unique=False, postgresql_where=sa.text('sweep_at IS NOT NULL'))
    op.create_table('step_receipt',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=False),
    sa.Column('body_sha256', sa.LargeBinary(), nullable=False),
    sa.Column('version_after', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_step_receipt_report_id'), 'step_receipt', ['report_id'], unique=False)
    op.create_table('timeline_entry',
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('action', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('from_status', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('to_status', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('actor_role', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('actor_agency', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('visibility', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('data', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('canonical', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('prev_hash', sa.LargeBinary(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], ),
    sa.PrimaryKeyConstraint('report_id', 'seq')
    )
    op.create_table('escalation',
    sa.Column('clock_id', sa.Uuid(), nullable=False),
    sa.Column('rung', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('at_percent', sa.Integer(), nullable=False),
    sa.Column('whom', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('fired_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['clock_id'], ['sla_clock.id'], ),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], ),
    sa.PrimaryKeyConstraint('clock_id', 'rung')
    )
    op.create_index(op.f('ix_escalation_report_id'), 'escalation', ['report_id'], unique=False)
    op.create_table('sla_entry',
    sa.Column('clock_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lenient_due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('target', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('counted_from', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['clock_id'], ['sla_clock.id'], ),
    sa.PrimaryKeyConstraint('clock_id', 'seq')
    )
    op.execute("INSERT INTO directory_version (id, version, areas_version) VALUES (1, 1, 1)")
    with Session(op.get_bind()) as session:  # weekly partitions of outbox and job
        make_ahead(session, machine_now().date())
        session.flush()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table('sla_entry')
    op.drop_index(op.f('ix_escalation_report_id'), table_name='escalation')
    op.drop_table('escalation')
    op.drop_table('timeline_entry')
    op.drop_index(op.f('ix_step_receipt_report_id'), table_name='step_receipt')
    op.drop_table('step_receipt')
    op.drop_index('ix_sla_clock_sweep', table_name='sla_clock', postgresql_where=sa.text('sweep_at IS NOT NULL'))
    op.drop_index('ix_sla_clock_report', table_name='sla_clock')
    op.drop_index('ix_sla_clock_open_calendar', table_name='sla_clock', postgresql_where=sa.text('stopped_at IS NULL'))
    op.drop_table('sla_clock')
    op.drop_index(op.f('ix_follower_person_id'), table_name='follower')
    op.drop_table('follower')
    op.drop_index(op.f('ix_extension_request_report_id'), table_name='extension_request')
    op.drop_table('extension_request')
    op.drop_index('uq_assignment_open', table_name='assignment', postgresql_where=sa.text("state IN ('offered','accepted','started')"))
    op.drop_index('ix_assignment_worker', table_name='assignment')
    op.drop_index('ix_assignment_team', table_name='assignment')
    op.drop_index(op.f('ix_assignment_report_id'), table_name='assignment')
    op.drop_index('ix_assignment_offer', table_name='assignment', postgresql_where=sa.text("state = 'offered'"))
    op.drop_table('assignment')
    op.drop_index('ix_report_worker', table_name='report', postgresql_where=sa.text('worker_id IS NOT NULL'))
    op.drop_index('ix_report_text', table_name='report', postgresql_using='gin')
    op.drop_index('ix_report_reporter', table_name='report')
    op.drop_index('ix_report_newest', table_name='report')
    op.drop_index(op.f('ix_report_lead_id'), table_name='report')
    op.drop_index('ix_report_due', table_name='report', postgresql_where=sa.text('lenient_due_at IS NOT NULL'))
    op.drop_index('ix_report_closing', table_name='report', postgresql_where=sa.text('close_after IS NOT NULL'))
    op.drop_index('ix_report_category', table_name='report')
    op.drop_index('ix_report_area', table_name='report')
    op.drop_index('ix_report_agency_status', table_name='report')
    op.drop_index('ix_report_agency_newest', table_name='report')
    op.drop_index('ix_report_address', table_name='report', postgresql_using='gin')
    op.drop_geospatial_index('idx_report_point', table_name='report', postgresql_using='gist', column_name='point')
    op.drop_geospatial_table('report')
    op.drop_index('ix_field_worker_on_duty', table_name='field_worker', postgresql_where=sa.text('on_duty'))
    op.drop_index(op.f('ix_field_worker_agency_code'), table_name='field_worker')
    op.drop_geospatial_table('field_worker')
    op.drop_index(op.f('ix_access_grant_report_id'), table_name='access_grant')
    op.drop_index(op.f('ix_access_grant_account_id'), table_name='access_grant')
    op.drop_table('access_grant')
    op.drop_index(op.f('ix_team_agency_code'), table_name='team')
    op.drop_table('team')
    op.drop_table('sla_policy')
    op.drop_table('routing_rule')
    op.drop_index('ix_function_holder_place', table_name='function_holder')
    op.drop_table('function_holder')
    op.drop_index(op.f('ix_device_person_id'), table_name='device')
    op.drop_table('device')
    op.drop_table('calendar_day')
    op.drop_table('account')
    op.drop_table('work_calendar')
    op.drop_table('suppressed_address')
    op.drop_index('ix_sealed_contact_report', table_name='sealed_contact')
    op.drop_index('ix_sealed_contact_person', table_name='sealed_contact')
    op.drop_table('sealed_contact')
    op.drop_index('ix_report_fact_past_until', table_name='report_fact_past')
    op.drop_index('ix_report_fact_past_received', table_name='report_fact_past')
    op.drop_table('report_fact_past')
    op.drop_index('ix_report_fact_received', table_name='report_fact')
    op.drop_index('ix_report_fact_page', table_name='report_fact')
    op.drop_index('ix_report_fact_open', table_name='report_fact', postgresql_where=sa.text('is_open'))
    op.drop_index('ix_report_fact_cell', table_name='report_fact')
    op.drop_index('ix_report_fact_category', table_name='report_fact')
    op.drop_index('ix_report_fact_area', table_name='report_fact')
    op.drop_index('ix_report_fact_answered', table_name='report_fact', postgresql_where=sa.text('answered_on IS NOT NULL'))
    op.drop_index('ix_report_fact_agency', table_name='report_fact')
    op.drop_table('report_fact')
    op.drop_index('ix_rate_count_until', table_name='rate_count')
    op.drop_table('rate_count')
    op.drop_table('preference')
    op.drop_index('ix_photo_seal_until', table_name='photo', postgresql_where=sa.text('original_key IS NOT NULL'))
    op.drop_index('ix_photo_report_id', table_name='photo', postgresql_where=sa.text('report_id IS NOT NULL'))
    op.drop_index('ix_photo_owner_id', table_name='photo')
    op.drop_index('ix_photo_loose', table_name='photo', postgresql_where=sa.text('report_id IS NULL'))
    op.drop_table('photo')
    op.drop_table('person')
    op.drop_index('ix_outbox_waiting', table_name='outbox', postgresql_where=sa.text('stream_no IS NULL'))
    op.drop_index('ix_outbox_stream_no', table_name='outbox')
    op.drop_table('outbox')
    op.drop_index('ix_otp_challenge_phone', table_name='otp_challenge')
    op.drop_table('otp_challenge')
    op.drop_index('ix_job_open', table_name='job', postgresql_where=sa.text("state IN ('queued', 'running')"))
    op.drop_index('ix_job_event', table_name='job')
    op.drop_index('ix_job_dead', table_name='job', postgresql_where=sa.text("state = 'dead'"))
    op.drop_table('job')
    op.drop_index('ix_inbox_message_newest', table_name='inbox_message')
    op.drop_index('ix_inbox_message_created', table_name='inbox_message')
    op.drop_table('inbox_message')
    op.drop_table('figure_rollup')
    op.drop_index('ix_figure_dirty_on_day', table_name='figure_dirty')
    op.drop_table('figure_dirty')
    op.drop_table('entry_text')
    op.drop_table('duty_function')
    op.drop_table('directory_version')
    op.drop_index('ix_device_token_owner', table_name='device_token')
    op.drop_table('device_token')
    op.drop_index('ix_delivery_unsettled', table_name='delivery', postgresql_where=sa.text("state IN ('sending','unknown','dead')"))
    op.drop_index('ix_delivery_report', table_name='delivery')
    op.drop_index('ix_delivery_created', table_name='delivery')
    op.drop_table('delivery')
    op.drop_table('channel_pause')
    op.drop_table('category')
    op.drop_index('ix_auth_session_subject', table_name='auth_session')
    op.drop_table('auth_session')
    op.drop_index('ix_audit_entry_report', table_name='audit_entry')
    op.drop_index('ix_audit_entry_at', table_name='audit_entry')
    op.drop_table('audit_entry')
    op.drop_geospatial_index('idx_area_geom', table_name='area', postgresql_using='gist', column_name='geom')
    op.drop_geospatial_table('area')
    op.drop_table('anchor')
    op.drop_table('agency')
    op.execute("DROP SEQUENCE outbox_stream")
    op.execute("DROP FUNCTION fold")
