-- What all migrations together make. Written by `make schema`; never edited by hand.

CREATE SCHEMA access;

CREATE SCHEMA accounts;

CREATE SCHEMA billing;

CREATE SCHEMA booking;

CREATE SCHEMA consult;

CREATE SCHEMA files;

CREATE SCHEMA insurance;

CREATE SCHEMA kernel;

CREATE SCHEMA orders;

CREATE SCHEMA people;

CREATE SCHEMA pharmacy;

CREATE SCHEMA prescribing;

CREATE SCHEMA records;

CREATE SCHEMA signatures;

CREATE SCHEMA supervision;

CREATE FUNCTION billing.check_posting() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE difference bigint; payees int; BEGIN
  SELECT sum(debit_fen) - sum(credit_fen), count(DISTINCT institution_id)
    INTO difference, payees FROM billing.entry WHERE posting_id = NEW.posting_id;
  IF difference <> 0 OR payees <> 1 THEN
    RAISE EXCEPTION 'posting % does not balance', NEW.posting_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END$$;

CREATE FUNCTION kernel."analyze"(filled regclass) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  BEGIN
    PERFORM pg_catalog.set_config('synchronous_commit', 'off', true);  -- nothing is lost by it
    EXECUTE pg_catalog.format('ANALYZE (SKIP_LOCKED) %s', filled);
  END $$;

CREATE FUNCTION kernel.append_only(log regclass) RETURNS void
    LANGUAGE plpgsql
    AS $$BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM lianyi_app', log);
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s'
                 ' FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change()', log);
END$$;

CREATE FUNCTION kernel.is_begun_before(instant timestamp with time zone) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity
      WHERE datname = pg_catalog.current_database() AND backend_type = 'client backend'
        AND xact_start < instant AND pid <> pg_catalog.pg_backend_pid()) $$;

CREATE FUNCTION kernel.oldest_write() RETURNS interval
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    SELECT pg_catalog.clock_timestamp() - pg_catalog.min(xact_start)
    FROM pg_catalog.pg_stat_activity
    WHERE backend_xid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid() $$;

CREATE FUNCTION kernel.open_room(room text) RETURNS void
    LANGUAGE plpgsql
    AS $$BEGIN
  EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', room);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO lianyi_app', room);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE'
                 ' ON TABLES TO lianyi_app', room);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE ON SEQUENCES TO lianyi_app',
                 room);
END$$;

CREATE FUNCTION kernel.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END$$;

CREATE FUNCTION records.pieces(value text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT array_remove(string_to_array(
      regexp_replace(value, '(..)|.', E'\\1\x01', 'g')
      || regexp_replace(substr(value, 2), '(..)|.', E'\\1\x01', 'g'), E'\x01'), '')
    || string_to_array(regexp_replace(value, E'[\x01-\x7f]+', '', 'g'), NULL)$$;

CREATE TABLE access.approval (
    id uuid NOT NULL,
    state text NOT NULL,
    app_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    approved_at timestamp with time zone,
    purpose text,
    scopes text[],
    assessment text,
    until timestamp with time zone,
    CONSTRAINT approval_assessment_check CHECK ((assessment <> ''::text)),
    CONSTRAINT approval_check CHECK (((state = ANY (ARRAY['asked'::text, 'refused'::text])) OR ((approved_at IS NOT NULL) AND (purpose IS NOT NULL) AND (scopes IS NOT NULL) AND (assessment IS NOT NULL) AND (until IS NOT NULL)))),
    CONSTRAINT approval_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'approved'::text, 'refused'::text, 'withdrawn'::text])))
);

CREATE TABLE access.consent (
    id uuid NOT NULL,
    state text NOT NULL,
    person_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    receiver_id uuid NOT NULL,
    purpose text NOT NULL,
    covers_since timestamp with time zone,
    covers_until timestamp with time zone,
    classes text[] NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    CONSTRAINT consent_check CHECK ((holder_id <> receiver_id)),
    CONSTRAINT consent_check1 CHECK ((covers_since < covers_until)),
    CONSTRAINT consent_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'given'::text, 'refused'::text, 'withdrawn'::text])))
);

CREATE TABLE access.export (
    id uuid NOT NULL,
    state text NOT NULL,
    app_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    purpose text NOT NULL,
    scopes text[] NOT NULL,
    request text NOT NULL,
    reach text NOT NULL,
    types text[] NOT NULL,
    filters text[] NOT NULL,
    since timestamp with time zone,
    persons integer NOT NULL,
    is_large boolean NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    day date NOT NULL,
    due_at timestamp with time zone NOT NULL,
    as_of timestamp with time zone,
    as_of_here timestamp with time zone,
    polled_at timestamp with time zone,
    tidied_at timestamp with time zone,
    ended_why text DEFAULT ''::text NOT NULL,
    patients uuid[] NOT NULL,
    elements text[] NOT NULL,
    CONSTRAINT export_reach_check CHECK ((reach = ANY (ARRAY['system'::text, 'patient'::text, 'group'::text]))),
    CONSTRAINT export_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'agreed'::text, 'running'::text, 'ready'::text, 'expired'::text, 'refused'::text, 'cancelled'::text, 'failed'::text]))),
    CONSTRAINT export_types_check CHECK ((types <> '{}'::text[]))
);

CREATE TABLE access.export_fetch (
    seq bigint NOT NULL,
    export_id uuid NOT NULL,
    part integer NOT NULL,
    first_byte bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    request_id text NOT NULL
);

ALTER TABLE access.export_fetch ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME access.export_fetch_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE access.export_person (
    export_id uuid NOT NULL,
    person_id uuid NOT NULL
);

CREATE TABLE access.export_vote (
    export_id uuid NOT NULL,
    n smallint NOT NULL,
    post_id uuid NOT NULL,
    person_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    why text NOT NULL,
    assessment text NOT NULL,
    CONSTRAINT export_vote_assessment_check CHECK ((assessment <> ''::text)),
    CONSTRAINT export_vote_n_check CHECK ((n = ANY (ARRAY[1, 2]))),
    CONSTRAINT export_vote_why_check CHECK ((why <> ''::text))
);

CREATE TABLE access.glass (
    id uuid NOT NULL,
    state text NOT NULL,
    person_id uuid NOT NULL,
    reader_id uuid NOT NULL,
    post_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT glass_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT glass_state_check CHECK ((state = ANY (ARRAY['broken'::text, 'justified'::text, 'objected'::text])))
);

CREATE TABLE access.log (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at timestamp with time zone NOT NULL,
    post_id uuid NOT NULL,
    reader_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    role text NOT NULL,
    person_ids uuid[] NOT NULL,
    purpose text NOT NULL,
    granted boolean NOT NULL,
    cause text NOT NULL,
    what text NOT NULL,
    request_id text NOT NULL,
    app_id uuid
);

ALTER TABLE access.log ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME access.log_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE access.mandate (
    cause_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    scopes text[] NOT NULL,
    classes text[] NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone,
    ended_at timestamp with time zone
);

CREATE TABLE access.permission (
    id uuid NOT NULL,
    state text NOT NULL,
    person_id uuid NOT NULL,
    app_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    scopes text[] NOT NULL,
    classes text[] NOT NULL,
    at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT permission_check CHECK ((until > at)),
    CONSTRAINT permission_classes_check CHECK ((NOT ('genetics'::text = ANY (classes)))),
    CONSTRAINT permission_state_check CHECK ((state = ANY (ARRAY['given'::text, 'withdrawn'::text, 'replaced'::text])))
);

CREATE TABLE access.relation (
    cause_id uuid NOT NULL,
    person_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    role text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    until timestamp with time zone,
    ended_at timestamp with time zone
);

CREATE TABLE access.shown (
    institution_id uuid NOT NULL,
    app_id uuid NOT NULL,
    reader_id uuid NOT NULL,
    day date NOT NULL,
    person_ids uuid[] NOT NULL
);

CREATE TABLE accounts.account (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    person_id uuid,
    phone_index bytea,
    phone bytea,
    login text,
    password text,
    totp bytea,
    totp_step bigint DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    failed_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT account_check CHECK (((phone_index IS NULL) = (phone IS NULL))),
    CONSTRAINT account_check1 CHECK (((phone_index IS NULL) <> (login IS NULL))),
    CONSTRAINT account_check2 CHECK (((login IS NULL) OR ((password IS NOT NULL) AND (totp IS NOT NULL) AND (person_id IS NOT NULL)))),
    CONSTRAINT account_login_check CHECK ((login = lower(login)))
);

CREATE TABLE accounts.ask (
    digest bytea NOT NULL,
    client_id uuid NOT NULL,
    redirect text NOT NULL,
    scopes text[] NOT NULL,
    state text NOT NULL,
    challenge text NOT NULL,
    nonce text NOT NULL,
    launch bytea,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    answered_by uuid,
    agreed boolean
);

CREATE TABLE accounts.assertion (
    client_id uuid NOT NULL,
    jti text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE accounts.client (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    name text NOT NULL,
    company text NOT NULL,
    credit_code text NOT NULL,
    contact text NOT NULL,
    about text NOT NULL,
    kind text NOT NULL,
    secret bytea,
    keys text,
    redirects text[] NOT NULL,
    origins text[] NOT NULL,
    launch_url text NOT NULL,
    scopes text[] NOT NULL,
    notifies text[] DEFAULT '{}'::text[] NOT NULL,
    keys_at text NOT NULL,
    CONSTRAINT client_check CHECK (((kind = 'secret'::text) = (secret IS NOT NULL))),
    CONSTRAINT client_check1 CHECK (((kind = 'key'::text) = ((keys IS NOT NULL) OR (keys_at <> ''::text)))),
    CONSTRAINT client_check2 CHECK (((keys IS NULL) OR (keys_at = ''::text))),
    CONSTRAINT client_kind_check CHECK ((kind = ANY (ARRAY['public'::text, 'secret'::text, 'key'::text])))
);

CREATE TABLE accounts.code (
    id uuid NOT NULL,
    phone_index bytea NOT NULL,
    phone bytea NOT NULL,
    digest bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    tries integer DEFAULT 0 NOT NULL
);

CREATE TABLE accounts.grant_code (
    digest bytea NOT NULL,
    lease_id uuid NOT NULL,
    redirect text NOT NULL,
    challenge text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE accounts.hat (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    digest bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    person_id uuid NOT NULL,
    post_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    role text NOT NULL,
    for_person_id uuid
);

ALTER TABLE accounts.hat ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME accounts.hat_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts.key_set (
    client_id uuid NOT NULL,
    keys text DEFAULT ''::text NOT NULL,
    fresh_until timestamp with time zone NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    heard_at timestamp with time zone
);

CREATE TABLE accounts.launch (
    digest bytea NOT NULL,
    client_id uuid NOT NULL,
    person_id uuid NOT NULL,
    post_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    encounter text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE accounts.lease (
    id uuid NOT NULL,
    client_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    permission_id uuid,
    person_id uuid NOT NULL,
    post_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    role text NOT NULL,
    for_person_id uuid,
    encounter text NOT NULL,
    scopes text[] NOT NULL,
    nonce text NOT NULL,
    session bytea,
    started_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE accounts.session (
    digest bytea NOT NULL,
    account_id uuid NOT NULL,
    person_id uuid NOT NULL,
    post_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    role text NOT NULL,
    for_person_id uuid,
    started_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE accounts.token (
    digest bytea NOT NULL,
    lease_id uuid NOT NULL,
    kind text NOT NULL,
    scopes text[] NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT token_kind_check CHECK ((kind = ANY (ARRAY['access'::text, 'refresh'::text])))
);

CREATE TABLE billing.bill (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    person_id uuid NOT NULL,
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    total_fen bigint NOT NULL,
    fund_fen bigint DEFAULT 0 NOT NULL,
    refunded_fen bigint DEFAULT 0 NOT NULL,
    payment_id uuid,
    due_at timestamp with time zone,
    at timestamp with time zone NOT NULL,
    CONSTRAINT bill_check CHECK (((fund_fen >= 0) AND (fund_fen <= total_fen))),
    CONSTRAINT bill_check1 CHECK (((refunded_fen >= 0) AND (refunded_fen <= (total_fen - fund_fen)))),
    CONSTRAINT bill_check2 CHECK (((payment_id IS NULL) OR (state = ANY (ARRAY['paid'::text, 'partly_refunded'::text, 'refunded'::text])))),
    CONSTRAINT bill_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paid'::text, 'partly_refunded'::text, 'refunded'::text, 'void'::text, 'lapsed'::text]))),
    CONSTRAINT bill_subject_type_check CHECK ((subject_type <> ''::text)),
    CONSTRAINT bill_total_fen_check CHECK ((total_fen >= 0))
);

CREATE TABLE billing.books (
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    day date NOT NULL,
    matched integer DEFAULT 0 NOT NULL,
    our_fen bigint DEFAULT 0 NOT NULL,
    their_fen bigint DEFAULT 0 NOT NULL,
    at timestamp with time zone
);

CREATE TABLE billing.difference (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    day date NOT NULL,
    kind text NOT NULL,
    booked_id uuid NOT NULL,
    provider_id text NOT NULL,
    our_fen bigint NOT NULL,
    their_fen bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT difference_check CHECK ((our_fen <> their_fen)),
    CONSTRAINT difference_kind_check CHECK ((kind = ANY (ARRAY['missing_here'::text, 'missing_there'::text, 'amount'::text]))),
    CONSTRAINT difference_state_check CHECK ((state = ANY (ARRAY['open'::text, 'resolved'::text])))
);

CREATE TABLE billing.entry (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    posting_id uuid NOT NULL,
    cause text NOT NULL,
    institution_id uuid NOT NULL,
    account text NOT NULL,
    drawer_id uuid,
    debit_fen bigint NOT NULL,
    credit_fen bigint NOT NULL,
    bill_id uuid NOT NULL,
    payment_id uuid,
    refund_id uuid,
    day date NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT entry_account_check CHECK ((account = ANY (ARRAY['receivable'::text, 'fund'::text, 'provider'::text, 'cash'::text, 'revenue'::text, 'refunds'::text]))),
    CONSTRAINT entry_check CHECK (((drawer_id IS NOT NULL) = (account = 'cash'::text))),
    CONSTRAINT entry_check1 CHECK (((debit_fen > 0) <> (credit_fen > 0))),
    CONSTRAINT entry_credit_fen_check CHECK ((credit_fen >= 0)),
    CONSTRAINT entry_debit_fen_check CHECK ((debit_fen >= 0))
);

ALTER TABLE billing.entry ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME billing.entry_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing.line (
    bill_id uuid NOT NULL,
    number integer NOT NULL,
    code text NOT NULL,
    label text NOT NULL,
    fee_class text NOT NULL,
    unit_price numeric(12,4) NOT NULL,
    quantity numeric(12,4) NOT NULL,
    fen bigint NOT NULL,
    CONSTRAINT line_fen_check CHECK ((fen >= 0)),
    CONSTRAINT line_number_check CHECK ((number > 0)),
    CONSTRAINT line_quantity_check CHECK ((quantity > (0)::numeric)),
    CONSTRAINT line_unit_price_check CHECK ((unit_price >= (0)::numeric))
);

CREATE TABLE billing.payee (
    institution_id uuid NOT NULL,
    label text NOT NULL,
    merchant text NOT NULL,
    CONSTRAINT payee_label_check CHECK ((label <> ''::text))
);

CREATE TABLE billing.payment (
    id uuid NOT NULL,
    state text NOT NULL,
    bill_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    person_id uuid NOT NULL,
    channel text NOT NULL,
    fen bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    code_url text DEFAULT ''::text NOT NULL,
    provider_id text,
    paid_at timestamp with time zone,
    drawer_id uuid,
    CONSTRAINT payment_channel_check CHECK ((channel = ANY (ARRAY['wechat'::text, 'cash'::text]))),
    CONSTRAINT payment_check CHECK (((channel = 'cash'::text) = (drawer_id IS NOT NULL))),
    CONSTRAINT payment_fen_check CHECK ((fen > 0)),
    CONSTRAINT payment_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'ordered'::text, 'paid'::text, 'closed'::text, 'failed'::text])))
);

CREATE TABLE billing.price (
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    code text NOT NULL,
    label text NOT NULL,
    fee_class text NOT NULL,
    unit_price numeric(12,4) NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone,
    approved_by uuid NOT NULL,
    approved_at timestamp with time zone NOT NULL,
    CONSTRAINT price_check CHECK ((valid_to > valid_from)),
    CONSTRAINT price_label_check CHECK ((label <> ''::text)),
    CONSTRAINT price_unit_price_check CHECK ((unit_price >= (0)::numeric))
);

CREATE TABLE billing.receipt (
    number text NOT NULL,
    institution_id uuid NOT NULL,
    seller text NOT NULL,
    person_id uuid NOT NULL,
    bill_id uuid NOT NULL,
    refund_id uuid,
    fen bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT receipt_check CHECK (((refund_id IS NULL) = (fen >= 0)))
);

CREATE SEQUENCE billing.receipt_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE billing.refund (
    id uuid NOT NULL,
    state text NOT NULL,
    bill_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    person_id uuid NOT NULL,
    channel text NOT NULL,
    fen bigint NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    provider_id text,
    done_at timestamp with time zone,
    CONSTRAINT refund_fen_check CHECK ((fen > 0)),
    CONSTRAINT refund_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'sent'::text, 'done'::text, 'failed'::text])))
);

CREATE TABLE billing.refunded_line (
    bill_id uuid NOT NULL,
    number integer NOT NULL,
    refund_id uuid,
    at timestamp with time zone NOT NULL
);

CREATE TABLE booking.appointment (
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    session_id uuid NOT NULL,
    number integer NOT NULL,
    department_id uuid NOT NULL,
    person_id uuid NOT NULL,
    day date NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    ordinal integer NOT NULL,
    state text NOT NULL,
    origin text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    fee_code text NOT NULL,
    fee_label text NOT NULL,
    fee_fen bigint NOT NULL,
    payment text NOT NULL,
    arrived_at timestamp with time zone,
    urgent boolean DEFAULT false NOT NULL,
    comes_back boolean DEFAULT false NOT NULL,
    ready_at_call integer DEFAULT 0 NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    stands boolean GENERATED ALWAYS AS ((state <> ALL (ARRAY['lapsed'::text, 'cancelled'::text, 'stopped'::text]))) STORED,
    CONSTRAINT appointment_fee_fen_check CHECK ((fee_fen >= 0)),
    CONSTRAINT appointment_origin_check CHECK ((origin = ANY (ARRAY['self'::text, 'desk'::text, 'offer'::text, 'added'::text]))),
    CONSTRAINT appointment_payment_check CHECK ((payment = ANY (ARRAY['prepay'::text, 'at_visit'::text]))),
    CONSTRAINT appointment_state_check CHECK ((state = ANY (ARRAY['held'::text, 'confirmed'::text, 'checked_in'::text, 'called'::text, 'with_doctor'::text, 'seen'::text, 'missed'::text, 'lapsed'::text, 'cancelled'::text, 'stopped'::text, 'no_show'::text])))
)
WITH (fillfactor='60');

CREATE TABLE booking.closure (
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    day date NOT NULL,
    reason text NOT NULL,
    state text NOT NULL,
    CONSTRAINT closure_state_check CHECK ((state = ANY (ARRAY['closed'::text, 'reopened'::text])))
);

CREATE TABLE booking.no_show (
    appointment_id uuid NOT NULL,
    person_id uuid NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE booking.routine (
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    department_id uuid NOT NULL,
    post_id uuid NOT NULL,
    doctor_id uuid NOT NULL,
    doctor_name text NOT NULL,
    weekdays integer[] NOT NULL,
    first date NOT NULL,
    half text NOT NULL,
    kind text NOT NULL,
    begins time without time zone NOT NULL,
    ends time without time zone NOT NULL,
    slot_minutes integer NOT NULL,
    numbers_per_slot integer NOT NULL,
    fee_code text NOT NULL,
    fee_label text NOT NULL,
    fee_fen bigint NOT NULL,
    payment text NOT NULL,
    release_days integer NOT NULL,
    room text NOT NULL,
    state text NOT NULL,
    through date NOT NULL,
    held text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT routine_check CHECK ((begins < ends)),
    CONSTRAINT routine_fee_fen_check CHECK ((fee_fen >= 0)),
    CONSTRAINT routine_half_check CHECK ((half = ANY (ARRAY['morning'::text, 'afternoon'::text, 'evening'::text]))),
    CONSTRAINT routine_kind_check CHECK ((kind = ANY (ARRAY['ordinary'::text, 'expert'::text, 'online'::text]))),
    CONSTRAINT routine_payment_check CHECK ((payment = ANY (ARRAY['prepay'::text, 'at_visit'::text]))),
    CONSTRAINT routine_state_check CHECK ((state = ANY (ARRAY['active'::text, 'ended'::text]))),
    CONSTRAINT routine_weekdays_check CHECK (((weekdays <> '{}'::integer[]) AND (weekdays <@ '{1,2,3,4,5,6,7}'::integer[])))
);

CREATE TABLE booking.session (
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    department_id uuid NOT NULL,
    post_id uuid NOT NULL,
    doctor_id uuid NOT NULL,
    doctor_name text NOT NULL,
    grade text NOT NULL,
    department_name text NOT NULL,
    room text NOT NULL,
    day date NOT NULL,
    half text NOT NULL,
    kind text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    fee_code text NOT NULL,
    fee_label text NOT NULL,
    fee_fen bigint NOT NULL,
    payment text NOT NULL,
    releases_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    calls integer DEFAULT 0 NOT NULL,
    new_in_a_row integer DEFAULT 0 NOT NULL,
    called_number integer,
    routine_id uuid,
    CONSTRAINT session_check CHECK ((starts_at < ends_at)),
    CONSTRAINT session_check1 CHECK (((ends_at - starts_at) <= '1 day'::interval)),
    CONSTRAINT session_fee_fen_check CHECK ((fee_fen >= 0)),
    CONSTRAINT session_half_check CHECK ((half = ANY (ARRAY['morning'::text, 'afternoon'::text, 'evening'::text]))),
    CONSTRAINT session_kind_check CHECK ((kind = ANY (ARRAY['ordinary'::text, 'expert'::text, 'online'::text]))),
    CONSTRAINT session_payment_check CHECK ((payment = ANY (ARRAY['prepay'::text, 'at_visit'::text]))),
    CONSTRAINT session_state_check CHECK ((state = ANY (ARRAY['scheduled'::text, 'open'::text, 'stopped'::text, 'ended'::text])))
);

CREATE TABLE booking.slot (
    session_id uuid NOT NULL,
    number integer NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    added boolean NOT NULL,
    free_from timestamp with time zone NOT NULL,
    referred_from timestamp with time zone NOT NULL,
    holder_id uuid,
    CONSTRAINT slot_check CHECK (((starts_at < ends_at) AND ((ends_at - starts_at) <= '01:00:00'::interval))),
    CONSTRAINT slot_check1 CHECK ((referred_from <= free_from)),
    CONSTRAINT slot_number_check CHECK ((number > 0))
)
WITH (fillfactor='50');

CREATE TABLE booking.waiting (
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    session_id uuid NOT NULL,
    person_id uuid NOT NULL,
    state text NOT NULL,
    at timestamp with time zone NOT NULL,
    appointment_id uuid,
    CONSTRAINT waiting_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'offered'::text, 'taken'::text, 'passed'::text, 'left'::text, 'closed'::text])))
);

CREATE TABLE consult.agreement (
    person_id uuid NOT NULL,
    version text NOT NULL,
    digest bytea NOT NULL,
    signed_by uuid NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE consult.duty (
    post_id uuid NOT NULL,
    began_at timestamp with time zone NOT NULL,
    verified_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE consult.message (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id uuid NOT NULL,
    visit_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    post_id uuid NOT NULL,
    author text NOT NULL,
    sealed bytea NOT NULL,
    files uuid[] NOT NULL,
    flags text[] NOT NULL,
    CONSTRAINT message_author_check CHECK ((author = ANY (ARRAY['patient'::text, 'doctor'::text])))
);

ALTER TABLE consult.message ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME consult.message_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE consult.offer (
    post_id uuid NOT NULL,
    kind text NOT NULL,
    institution_id uuid NOT NULL,
    doctor_id uuid NOT NULL,
    department_id uuid NOT NULL,
    subject text NOT NULL,
    item text NOT NULL,
    minutes integer NOT NULL,
    rounds integer NOT NULL,
    CONSTRAINT offer_kind_check CHECK ((kind = ANY (ARRAY['follow_up'::text, 'counsel'::text]))),
    CONSTRAINT offer_minutes_check CHECK ((minutes > 0)),
    CONSTRAINT offer_rounds_check CHECK ((rounds > 0))
);

CREATE TABLE consult.proof (
    visit_id uuid NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    "on" date,
    holder_id uuid,
    fhir_id text NOT NULL,
    file_id uuid,
    CONSTRAINT proof_check CHECK (((file_id IS NULL) = (fhir_id <> ''::text))),
    CONSTRAINT proof_kind_check CHECK ((kind = ANY (ARRAY['outpatient_record'::text, 'inpatient_record'::text, 'discharge_summary'::text, 'diagnosis_certificate'::text])))
);

CREATE TABLE consult.rating (
    visit_id uuid NOT NULL,
    post_id uuid NOT NULL,
    stars integer NOT NULL,
    sealed bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT rating_stars_check CHECK (((stars >= 1) AND (stars <= 5)))
);

CREATE TABLE consult.transcript (
    visit_id uuid NOT NULL,
    messages integer NOT NULL,
    digest bytea NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE consult.visit (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    department_id uuid NOT NULL,
    subject text NOT NULL,
    person_id uuid NOT NULL,
    asked_by uuid NOT NULL,
    guardian_present boolean NOT NULL,
    doctor_id uuid NOT NULL,
    post_id uuid NOT NULL,
    kind text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    classes text[] NOT NULL,
    item text NOT NULL,
    fen bigint NOT NULL,
    minutes integer NOT NULL,
    rounds integer NOT NULL,
    intake bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    met boolean,
    met_why text DEFAULT ''::text NOT NULL,
    proven text[] DEFAULT '{}'::text[] NOT NULL,
    reason text,
    target text DEFAULT ''::text NOT NULL,
    list_version text DEFAULT ''::text NOT NULL,
    flags text[] DEFAULT '{}'::text[] NOT NULL,
    began_at timestamp with time zone,
    answered_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT visit_check CHECK (((state <> 'ended'::text) OR (kind = 'counsel'::text) OR met)),
    CONSTRAINT visit_check1 CHECK (((state <> 'offline'::text) OR ((reason IS NOT NULL) AND (target <> ''::text) AND (list_version <> ''::text)))),
    CONSTRAINT visit_fen_check CHECK ((fen >= 0)),
    CONSTRAINT visit_kind_check CHECK ((kind = ANY (ARRAY['follow_up'::text, 'family_doctor'::text, 'counsel'::text, 'between_doctors'::text]))),
    CONSTRAINT visit_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'unpaid'::text, 'waiting'::text, 'with_doctor'::text, 'ended'::text, 'offline'::text, 'refused'::text, 'unanswered'::text, 'stopped'::text, 'lapsed'::text, 'withdrawn'::text])))
);

CREATE TABLE files.file (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    kind text NOT NULL,
    digest bytea NOT NULL,
    size integer NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    classes text[] NOT NULL,
    post_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT file_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT file_kind_check CHECK ((kind = ANY (ARRAY['image/jpeg'::text, 'image/png'::text, 'application/pdf'::text]))),
    CONSTRAINT file_size_check CHECK ((size > 0))
);

CREATE TABLE files.tenant_key (
    institution_id uuid NOT NULL,
    version integer NOT NULL,
    sealed bytea NOT NULL
);

CREATE TABLE insurance.books (
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    scheme text NOT NULL,
    day date NOT NULL,
    count integer DEFAULT 0 NOT NULL,
    our_fen bigint DEFAULT 0 NOT NULL,
    their_fen bigint DEFAULT 0 NOT NULL,
    compared_at timestamp with time zone
);

CREATE TABLE insurance.claim (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    person_id uuid NOT NULL,
    bill_id uuid NOT NULL,
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    kind text NOT NULL,
    online boolean NOT NULL,
    cover_id uuid NOT NULL,
    scheme text NOT NULL,
    diagnosis text NOT NULL,
    prescription_id uuid,
    total_fen bigint NOT NULL,
    visit_number text DEFAULT ''::text NOT NULL,
    settle_key uuid,
    settlement_number text DEFAULT ''::text NOT NULL,
    code text DEFAULT ''::text NOT NULL,
    give_back text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    reversed_at timestamp with time zone,
    CONSTRAINT claim_check CHECK (((state <> 'settled'::text) OR ((settlement_number <> ''::text) AND (settled_at IS NOT NULL)))),
    CONSTRAINT claim_kind_check CHECK ((kind = ANY (ARRAY['outpatient'::text, 'pharmacy'::text]))),
    CONSTRAINT claim_state_check CHECK ((state = ANY (ARRAY['opened'::text, 'registered'::text, 'sent'::text, 'pre_settled'::text, 'settling'::text, 'unknown'::text, 'settled'::text, 'undoing'::text, 'failed'::text, 'refused'::text, 'dropped'::text, 'reversing'::text, 'reversed'::text]))),
    CONSTRAINT claim_total_fen_check CHECK ((total_fen >= 0))
);

CREATE TABLE insurance.counter (
    person_id uuid NOT NULL,
    scheme text NOT NULL,
    year integer NOT NULL,
    deductible_fen bigint NOT NULL,
    pool_fen bigint NOT NULL,
    open_fen bigint NOT NULL
);

CREATE TABLE insurance.cover (
    id uuid NOT NULL,
    state text NOT NULL,
    person_id uuid NOT NULL,
    number bytea,
    scheme text,
    person_type text DEFAULT ''::text NOT NULL,
    area text DEFAULT ''::text NOT NULL,
    aided boolean DEFAULT false NOT NULL,
    code text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    credential bytea,
    CONSTRAINT cover_check CHECK (((state <> 'bound'::text) OR ((number IS NOT NULL) AND (scheme IS NOT NULL)))),
    CONSTRAINT cover_scheme_check CHECK ((scheme = ANY (ARRAY['310'::text, '390'::text]))),
    CONSTRAINT cover_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'bound'::text, 'refused'::text, 'unbound'::text])))
);

CREATE TABLE insurance.difference (
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    state text NOT NULL,
    kind text NOT NULL,
    day date NOT NULL,
    number text NOT NULL,
    our_fen bigint NOT NULL,
    their_fen bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT difference_kind_check CHECK ((kind = ANY (ARRAY['preview'::text, 'missing_here'::text, 'missing_there'::text, 'amount'::text]))),
    CONSTRAINT difference_state_check CHECK ((state = ANY (ARRAY['open'::text, 'resolved'::text])))
);

CREATE TABLE insurance.item (
    institution_id uuid NOT NULL,
    code text NOT NULL,
    "national" text NOT NULL,
    level text NOT NULL,
    first_share numeric NOT NULL,
    standard_fen bigint,
    is_drug boolean NOT NULL,
    CONSTRAINT item_first_share_check CHECK (((first_share >= (0)::numeric) AND (first_share <= (1)::numeric))),
    CONSTRAINT item_level_check CHECK ((level = ANY (ARRAY['01'::text, '02'::text, '03'::text]))),
    CONSTRAINT item_standard_fen_check CHECK ((standard_fen > 0))
);

CREATE TABLE insurance.line (
    claim_id uuid NOT NULL,
    number integer NOT NULL,
    code text NOT NULL,
    label text NOT NULL,
    unit_price numeric NOT NULL,
    quantity numeric NOT NULL,
    fen bigint NOT NULL,
    packs text[] NOT NULL,
    "national" text NOT NULL,
    level text NOT NULL,
    first_share numeric NOT NULL,
    standard_fen bigint,
    is_drug boolean NOT NULL
);

CREATE TABLE insurance.rating (
    claim_id uuid NOT NULL,
    number integer NOT NULL,
    level text NOT NULL,
    own_fen bigint NOT NULL,
    over_fen bigint NOT NULL,
    first_fen bigint NOT NULL,
    in_range_fen bigint NOT NULL
);

CREATE TABLE insurance.split (
    claim_id uuid NOT NULL,
    source text NOT NULL,
    total_fen bigint NOT NULL,
    in_range_fen bigint NOT NULL,
    deductible_fen bigint NOT NULL,
    pool_fen bigint NOT NULL,
    critical_fen bigint NOT NULL,
    aid_fen bigint NOT NULL,
    other_fen bigint NOT NULL,
    account_fen bigint NOT NULL,
    cash_fen bigint NOT NULL,
    CONSTRAINT split_account_fen_check CHECK ((account_fen >= 0)),
    CONSTRAINT split_aid_fen_check CHECK ((aid_fen >= 0)),
    CONSTRAINT split_cash_fen_check CHECK ((cash_fen >= 0)),
    CONSTRAINT split_check CHECK ((total_fen = (((((pool_fen + critical_fen) + aid_fen) + other_fen) + account_fen) + cash_fen))),
    CONSTRAINT split_critical_fen_check CHECK ((critical_fen >= 0)),
    CONSTRAINT split_other_fen_check CHECK ((other_fen >= 0)),
    CONSTRAINT split_pool_fen_check CHECK ((pool_fen >= 0)),
    CONSTRAINT split_source_check CHECK ((source = ANY (ARRAY['preview'::text, 'foretold'::text, 'settled'::text])))
);

CREATE TABLE kernel.demo (
    single boolean DEFAULT true NOT NULL,
    offset_ms bigint NOT NULL,
    seeded boolean DEFAULT false NOT NULL,
    CONSTRAINT demo_offset_ms_check CHECK ((offset_ms >= 0)),
    CONSTRAINT demo_single_check CHECK (single)
);

CREATE TABLE kernel.errand (
    id uuid NOT NULL,
    kind text NOT NULL,
    thing_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    request bytea,
    tries integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone NOT NULL,
    outcome text,
    CONSTRAINT errand_outcome_check CHECK ((outcome = ANY (ARRAY['yes'::text, 'no'::text, 'unknown'::text])))
);

CREATE TABLE kernel.followed (
    seq bigint NOT NULL,
    follower text NOT NULL
);

CREATE TABLE kernel.history (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    thing text NOT NULL,
    thing_id uuid NOT NULL,
    verb text NOT NULL,
    before text,
    after text NOT NULL,
    post_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    why text NOT NULL
);

ALTER TABLE kernel.history ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME kernel.history_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE kernel.once (
    post_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    answer text,
    at timestamp with time zone NOT NULL
);

CREATE TABLE kernel.outbox (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    name text NOT NULL,
    body text NOT NULL,
    owner uuid NOT NULL,
    lane integer NOT NULL,
    at timestamp with time zone NOT NULL,
    delivered_at timestamp with time zone,
    skipped_by uuid,
    skipped_why text,
    CONSTRAINT outbox_check CHECK (((skipped_by IS NULL) = (skipped_why IS NULL))),
    CONSTRAINT outbox_check1 CHECK (((skipped_by IS NULL) OR (delivered_at IS NOT NULL)))
);

ALTER TABLE kernel.outbox ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME kernel.outbox_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE kernel.parked (
    owner uuid NOT NULL,
    seq bigint NOT NULL,
    tries integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    trouble text NOT NULL,
    institution_id uuid NOT NULL
);

CREATE TABLE kernel.seal (
    log text NOT NULL,
    number bigint NOT NULL,
    tx xid8 NOT NULL,
    seq bigint NOT NULL,
    rows integer NOT NULL,
    digest bytea NOT NULL,
    mac bytea NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE kernel.timer (
    thing_id uuid NOT NULL,
    timer text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    name text NOT NULL,
    body text NOT NULL,
    owner uuid NOT NULL,
    lane integer NOT NULL
);

CREATE SEQUENCE orders.barcode_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE orders.call (
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    caller_id uuid NOT NULL,
    receiver_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    read_back text NOT NULL,
    agreed boolean NOT NULL,
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL
);

ALTER TABLE orders.call ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME orders.call_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE orders.item (
    institution_id uuid NOT NULL,
    code text NOT NULL,
    label text NOT NULL,
    specimen text NOT NULL,
    observations text[] NOT NULL,
    mediated boolean NOT NULL,
    CONSTRAINT item_label_check CHECK ((label <> ''::text)),
    CONSTRAINT item_observations_check CHECK ((cardinality(observations) > 0)),
    CONSTRAINT item_specimen_check CHECK ((specimen <> ''::text))
);

CREATE TABLE orders."order" (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    person_id uuid NOT NULL,
    encounter_id uuid NOT NULL,
    code text NOT NULL,
    label text NOT NULL,
    specimen text NOT NULL,
    observations text[] NOT NULL,
    mediated boolean NOT NULL,
    classes text[] NOT NULL,
    ordered_by uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    deferred text DEFAULT ''::text NOT NULL,
    measured_by uuid,
    measured_at timestamp with time zone,
    verified_by uuid,
    verified_at timestamp with time zone,
    CONSTRAINT order_check CHECK ((verified_by <> measured_by)),
    CONSTRAINT order_check1 CHECK (((state <> ALL (ARRAY['critical'::text, 'escalated'::text, 'verified'::text, 'released'::text])) OR ((measured_by IS NOT NULL) AND (verified_by IS NOT NULL)))),
    CONSTRAINT order_state_check CHECK ((state = ANY (ARRAY['ordered'::text, 'cleared'::text, 'labelled'::text, 'taken'::text, 'received'::text, 'rejected'::text, 'measured'::text, 'critical'::text, 'escalated'::text, 'verified'::text, 'released'::text, 'cancelled'::text])))
);

CREATE TABLE orders.result (
    order_id uuid NOT NULL,
    round integer NOT NULL,
    number integer NOT NULL,
    observation text NOT NULL,
    label text NOT NULL,
    unit text NOT NULL,
    value numeric,
    words text NOT NULL,
    level text NOT NULL,
    low numeric,
    high numeric,
    version text NOT NULL,
    sources text[] NOT NULL,
    post_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT result_check CHECK (((value IS NOT NULL) OR (words <> ''::text)))
);

ALTER TABLE orders.result ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME orders.result_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE orders.specimen (
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    barcode text NOT NULL,
    labelled_at timestamp with time zone NOT NULL,
    taken_at timestamp with time zone,
    taken_by uuid,
    received_at timestamp with time zone,
    rejected_at timestamp with time zone,
    rejection text,
    CONSTRAINT specimen_check CHECK (((taken_at IS NULL) = (taken_by IS NULL))),
    CONSTRAINT specimen_check1 CHECK (((rejected_at IS NULL) = (rejection IS NULL)))
);

CREATE TABLE people.card (
    id uuid NOT NULL,
    state text NOT NULL,
    person_id uuid,
    applicant_id uuid,
    matched boolean,
    name text NOT NULL,
    sex text NOT NULL,
    birth_date date NOT NULL,
    id_type text NOT NULL,
    id_number bytea NOT NULL,
    id_index bytea NOT NULL,
    phone bytea,
    phone_index bytea,
    at timestamp with time zone NOT NULL,
    CONSTRAINT card_check CHECK (((state = ANY (ARRAY['applied'::text, 'lapsed'::text])) OR (person_id IS NOT NULL))),
    CONSTRAINT card_check1 CHECK (((phone IS NULL) = (phone_index IS NULL))),
    CONSTRAINT card_state_check CHECK ((state = ANY (ARRAY['applied'::text, 'active'::text, 'frozen'::text, 'replaced'::text, 'closed'::text, 'lapsed'::text])))
);

CREATE TABLE people.code_used (
    ticket_id uuid NOT NULL,
    card_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    post_id uuid NOT NULL,
    institution_id uuid NOT NULL
);

CREATE TABLE people.department (
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    licensed boolean NOT NULL,
    online boolean NOT NULL
);

CREATE TABLE people.duty (
    post_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT duty_check CHECK ((until >= since))
);

CREATE TABLE people.filing (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    number text NOT NULL,
    filed_on date NOT NULL,
    main_agreed_on date,
    valid_until date,
    superseded_at timestamp with time zone
);

CREATE TABLE people.institution (
    id uuid NOT NULL,
    name text NOT NULL,
    short_name text NOT NULL,
    kind text NOT NULL,
    credit_code text NOT NULL,
    address text NOT NULL,
    parent_id uuid,
    level text NOT NULL,
    licence_number text NOT NULL,
    licence_until date,
    emergency_phone text NOT NULL,
    insurance_code text NOT NULL,
    CONSTRAINT institution_check CHECK ((parent_id <> id))
);

CREATE TABLE people.kin (
    id uuid NOT NULL,
    state text NOT NULL,
    kind text NOT NULL,
    holder_id uuid NOT NULL,
    subject_id uuid,
    name text NOT NULL,
    id_index bytea NOT NULL,
    scopes text[] NOT NULL,
    classes text[] NOT NULL,
    at timestamp with time zone NOT NULL,
    until timestamp with time zone,
    CONSTRAINT kin_check CHECK ((subject_id <> holder_id)),
    CONSTRAINT kin_check1 CHECK (((state <> 'live'::text) OR (subject_id IS NOT NULL))),
    CONSTRAINT kin_check2 CHECK (((kind <> 'guardian'::text) OR (state <> 'live'::text) OR (until IS NOT NULL))),
    CONSTRAINT kin_kind_check CHECK ((kind = ANY (ARRAY['guardian'::text, 'proxy'::text]))),
    CONSTRAINT kin_state_check CHECK ((state = ANY (ARRAY['claimed'::text, 'invited'::text, 'live'::text, 'refused'::text, 'ended'::text])))
);

CREATE TABLE people.known_as (
    id_index bytea NOT NULL,
    person_id uuid NOT NULL,
    resident_index bytea NOT NULL,
    institution_id uuid NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE people.licence (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    register text NOT NULL,
    number text NOT NULL,
    scope text[] NOT NULL,
    main_institution_id uuid NOT NULL,
    practising_since date NOT NULL,
    checked_on date NOT NULL,
    valid_until date,
    superseded_at timestamp with time zone
);

CREATE TABLE people.person (
    id uuid NOT NULL,
    name text NOT NULL,
    sex text NOT NULL,
    birth_date date NOT NULL,
    id_type text NOT NULL,
    id_number bytea NOT NULL,
    id_index bytea NOT NULL,
    phone bytea,
    proof integer NOT NULL,
    died_on date,
    merged_into uuid,
    registered_at timestamp with time zone NOT NULL,
    CONSTRAINT person_check CHECK ((merged_into <> id)),
    CONSTRAINT person_name_check CHECK ((name <> ''::text)),
    CONSTRAINT person_proof_check CHECK (((proof >= 0) AND (proof <= 2))),
    CONSTRAINT person_sex_check CHECK ((sex = ANY (ARRAY['male'::text, 'female'::text, 'unknown'::text])))
);

CREATE TABLE people.post (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    role text NOT NULL,
    department_id uuid,
    grade text NOT NULL,
    since timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE people.training (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    certificate text NOT NULL,
    passed_on date NOT NULL,
    valid_until date,
    superseded_at timestamp with time zone,
    CONSTRAINT training_certificate_check CHECK ((certificate <> ''::text)),
    CONSTRAINT training_check CHECK ((valid_until >= passed_on))
);

CREATE TABLE pharmacy.batch (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    code text NOT NULL,
    label text NOT NULL,
    lot text NOT NULL,
    maker text NOT NULL,
    expires_on date NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT batch_label_check CHECK ((label <> ''::text)),
    CONSTRAINT batch_lot_check CHECK ((lot <> ''::text)),
    CONSTRAINT batch_maker_check CHECK ((maker <> ''::text)),
    CONSTRAINT batch_state_check CHECK ((state = ANY (ARRAY['in_stock'::text, 'quarantined'::text, 'destroyed'::text])))
);

CREATE TABLE pharmacy.line (
    sale_id uuid NOT NULL,
    number integer NOT NULL,
    code text NOT NULL,
    label text NOT NULL,
    usage text NOT NULL,
    packs integer NOT NULL,
    unit_price numeric NOT NULL,
    fee_class text NOT NULL,
    fen bigint NOT NULL,
    short boolean DEFAULT false NOT NULL,
    CONSTRAINT line_fen_check CHECK ((fen >= 0)),
    CONSTRAINT line_number_check CHECK ((number > 0)),
    CONSTRAINT line_packs_check CHECK ((packs > 0)),
    CONSTRAINT line_unit_price_check CHECK ((unit_price >= (0)::numeric))
);

CREATE TABLE pharmacy.pack (
    trace_code text NOT NULL,
    batch_id uuid NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE pharmacy.returned (
    trace_code text NOT NULL,
    sale_id uuid NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    post_id uuid NOT NULL
);

CREATE TABLE pharmacy.sale (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    kind text NOT NULL,
    person_id uuid NOT NULL,
    prescription_id uuid NOT NULL,
    slip jsonb NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    approved_at timestamp with time zone NOT NULL,
    delivers boolean NOT NULL,
    deliver_to bytea,
    delivery_fen bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    filled_by uuid,
    checked_by uuid,
    checked_at timestamp with time zone,
    handed_by uuid,
    handed_at timestamp with time zone,
    by_proxy boolean,
    receiver bytea,
    CONSTRAINT sale_check CHECK ((delivers = (deliver_to IS NOT NULL))),
    CONSTRAINT sale_check1 CHECK (((checked_at IS NULL) = (checked_by IS NULL))),
    CONSTRAINT sale_check2 CHECK (((handed_at IS NULL) = (receiver IS NULL))),
    CONSTRAINT sale_check3 CHECK (((handed_at >= signed_at) AND (handed_at >= approved_at))),
    CONSTRAINT sale_check4 CHECK (((state <> ALL (ARRAY['ready'::text, 'billed'::text, 'on_the_way'::text, 'missed'::text, 'handed_over'::text, 'returned'::text, 'refused'::text])) OR (checked_by IS NOT NULL))),
    CONSTRAINT sale_check5 CHECK (((state <> ALL (ARRAY['handed_over'::text, 'returned'::text])) OR (handed_by IS NOT NULL))),
    CONSTRAINT sale_delivery_fen_check CHECK ((delivery_fen >= 0)),
    CONSTRAINT sale_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'accepted'::text, 'unpaid'::text, 'to_pick'::text, 'billed'::text, 'ready'::text, 'on_the_way'::text, 'missed'::text, 'handed_over'::text, 'returned'::text, 'refused'::text, 'declined'::text, 'withdrawn'::text, 'lapsed'::text])))
);

CREATE TABLE pharmacy.scan (
    id uuid NOT NULL,
    trace_code text NOT NULL,
    sale_id uuid NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    post_id uuid NOT NULL,
    person_id uuid NOT NULL,
    undone_at timestamp with time zone
);

CREATE TABLE pharmacy.seller (
    institution_id uuid NOT NULL,
    kind text NOT NULL,
    delivers boolean NOT NULL,
    CONSTRAINT seller_check CHECK (((kind <> 'online'::text) OR delivers)),
    CONSTRAINT seller_kind_check CHECK ((kind = ANY (ARRAY['hospital'::text, 'store'::text, 'online'::text])))
);

CREATE TABLE pharmacy.tick (
    sale_id uuid NOT NULL,
    comparison text NOT NULL,
    at timestamp with time zone NOT NULL,
    post_id uuid NOT NULL,
    by_scan boolean NOT NULL
);

CREATE TABLE prescribing.approval (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    institution_id uuid NOT NULL,
    version text NOT NULL,
    post_id uuid NOT NULL,
    person_id uuid NOT NULL,
    note text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT approval_note_check CHECK ((note <> ''::text)),
    CONSTRAINT approval_version_check CHECK ((version <> ''::text))
);

ALTER TABLE prescribing.approval ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prescribing.approval_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE prescribing.claim (
    prescription_id uuid NOT NULL,
    person_id uuid NOT NULL,
    post_id uuid NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE prescribing.document (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id uuid NOT NULL,
    prescription_id uuid NOT NULL,
    version integer NOT NULL,
    text text NOT NULL,
    digest text NOT NULL,
    findings text NOT NULL,
    knowledge text NOT NULL,
    profile text NOT NULL,
    post_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE prescribing.document ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prescribing.document_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE prescribing.prescription (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    person_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    way text NOT NULL,
    department_id uuid NOT NULL,
    prescriber_id uuid NOT NULL,
    post_id uuid NOT NULL,
    classes text[] NOT NULL,
    at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    document_id uuid,
    signed_at timestamp with time zone,
    expires_at timestamp with time zone,
    reviewed_by uuid,
    reviewed_at timestamp with time zone,
    seller_id uuid,
    flags text[] DEFAULT '{}'::text[] NOT NULL,
    held_at timestamp with time zone,
    halt text,
    CONSTRAINT prescription_check CHECK ((reviewed_by <> prescriber_id)),
    CONSTRAINT prescription_check1 CHECK (((reviewed_by IS NULL) = (reviewed_at IS NULL))),
    CONSTRAINT prescription_check2 CHECK (((held_at IS NULL) OR (halt IS NOT NULL))),
    CONSTRAINT prescription_check3 CHECK (((flags <> '{}'::text[]) = ((halt IS NOT NULL) AND (halt = 'red_flag'::text)))),
    CONSTRAINT prescription_check4 CHECK (((state <> ALL (ARRAY['accepted'::text, 'partly_dispensed'::text, 'dispensed'::text])) OR (seller_id IS NOT NULL))),
    CONSTRAINT prescription_halt_check CHECK ((halt = ANY (ARRAY['red_flag'::text, 'offline'::text]))),
    CONSTRAINT prescription_reviewed_check CHECK (((state <> ALL (ARRAY['approving'::text, 'approved'::text, 'accepted'::text, 'partly_dispensed'::text, 'dispensed'::text])) OR (reviewed_by IS NOT NULL))),
    CONSTRAINT prescription_signed_check CHECK (((state <> ALL (ARRAY['to_review'::text, 'approving'::text, 'approved'::text, 'accepted'::text, 'partly_dispensed'::text, 'dispensed'::text])) OR ((document_id IS NOT NULL) AND (signed_at IS NOT NULL) AND (expires_at IS NOT NULL)))),
    CONSTRAINT prescription_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'signing'::text, 'to_review'::text, 'returned'::text, 'approving'::text, 'approved'::text, 'accepted'::text, 'partly_dispensed'::text, 'dispensed'::text, 'revoked'::text, 'lapsed'::text]))),
    CONSTRAINT prescription_version_check CHECK ((version > 0)),
    CONSTRAINT prescription_way_check CHECK ((way = ANY (ARRAY['AMB'::text, 'VR'::text])))
);

CREATE TABLE prescribing.review (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id uuid NOT NULL,
    prescription_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    document_id uuid NOT NULL,
    version integer NOT NULL,
    person_id uuid NOT NULL,
    post_id uuid NOT NULL,
    decision text NOT NULL,
    reason text,
    serious boolean NOT NULL,
    note text NOT NULL,
    answers text NOT NULL,
    text text NOT NULL,
    digest text NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    since timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT review_check CHECK (((reason IS NOT NULL) = (decision = 'return'::text))),
    CONSTRAINT review_check1 CHECK (((decision = 'return'::text) OR (NOT serious))),
    CONSTRAINT review_decision_check CHECK ((decision = ANY (ARRAY['approve'::text, 'return'::text])))
);

ALTER TABLE prescribing.review ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prescribing.review_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE prescribing.version (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    prescription_id uuid NOT NULL,
    number integer NOT NULL,
    sheet text NOT NULL,
    post_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT version_number_check CHECK ((number > 0))
);

ALTER TABLE prescribing.version ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prescribing.version_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE records.amount (
    owner uuid NOT NULL,
    type text CONSTRAINT amount_type_not_null1 NOT NULL,
    fhir_id text CONSTRAINT amount_fhir_id_not_null1 NOT NULL,
    version integer CONSTRAINT amount_version_not_null1 NOT NULL,
    name text CONSTRAINT amount_name_not_null1 NOT NULL,
    low numeric CONSTRAINT amount_low_not_null1 NOT NULL,
    high numeric CONSTRAINT amount_high_not_null1 NOT NULL,
    system text CONSTRAINT amount_system_not_null1 NOT NULL,
    code text CONSTRAINT amount_code_not_null1 NOT NULL,
    unit text CONSTRAINT amount_unit_not_null1 NOT NULL,
    part smallint CONSTRAINT amount_part_not_null1 NOT NULL
);

CREATE TABLE records.bringing (
    id uuid NOT NULL,
    state text NOT NULL,
    app_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    scopes text[] NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    stored bigint DEFAULT 0 NOT NULL,
    changed bigint DEFAULT 0 NOT NULL,
    duplicate bigint DEFAULT 0 NOT NULL,
    refused bigint DEFAULT 0 NOT NULL,
    read bigint DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    tidied_at timestamp with time zone,
    CONSTRAINT bringing_state_check CHECK ((state = ANY (ARRAY['open'::text, 'running'::text, 'done'::text, 'cancelled'::text, 'failed'::text])))
);

CREATE TABLE records.brought (
    import_id uuid NOT NULL,
    name text NOT NULL,
    place bigint NOT NULL,
    is_whole boolean NOT NULL
);

CREATE TABLE records.draft (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    visit_id uuid NOT NULL,
    person_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    post_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    note text NOT NULL
);

ALTER TABLE records.draft ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME records.draft_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE records.heard (
    one boolean DEFAULT true NOT NULL,
    seen pg_snapshot NOT NULL,
    CONSTRAINT heard_one_check CHECK (one)
);

CREATE TABLE records.imported (
    institution_id uuid NOT NULL,
    digest bytea NOT NULL,
    resources integer NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE records.link (
    owner uuid NOT NULL,
    type text CONSTRAINT link_type_not_null1 NOT NULL,
    fhir_id text CONSTRAINT link_fhir_id_not_null1 NOT NULL,
    version integer CONSTRAINT link_version_not_null1 NOT NULL,
    name text CONSTRAINT link_name_not_null1 NOT NULL,
    to_type text CONSTRAINT link_to_type_not_null1 NOT NULL,
    to_id text CONSTRAINT link_to_id_not_null1 NOT NULL,
    part smallint CONSTRAINT link_part_not_null1 NOT NULL
);

CREATE TABLE records.moment (
    owner uuid NOT NULL,
    type text CONSTRAINT moment_type_not_null1 NOT NULL,
    fhir_id text CONSTRAINT moment_fhir_id_not_null1 NOT NULL,
    version integer CONSTRAINT moment_version_not_null1 NOT NULL,
    name text CONSTRAINT moment_name_not_null1 NOT NULL,
    low timestamp with time zone CONSTRAINT moment_low_not_null1 NOT NULL,
    high timestamp with time zone CONSTRAINT moment_high_not_null1 NOT NULL,
    part smallint CONSTRAINT moment_part_not_null1 NOT NULL
);

CREATE TABLE records.notice (
    n bigint NOT NULL,
    subscription_id uuid NOT NULL,
    type text NOT NULL,
    fhir_id text NOT NULL,
    version integer NOT NULL,
    owner uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    told_at timestamp with time zone,
    done_at timestamp with time zone,
    hidden boolean DEFAULT false NOT NULL
);

ALTER TABLE records.notice ALTER COLUMN n ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME records.notice_n_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE records.part (
    export_id uuid NOT NULL,
    n integer NOT NULL,
    type text NOT NULL,
    low uuid NOT NULL,
    high uuid,
    expected bigint NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    count bigint,
    size bigint,
    length bigint,
    sealed_key bytea,
    done_at timestamp with time zone
);

CREATE TABLE records.refusal (
    import_id uuid NOT NULL,
    seq bigint NOT NULL,
    file text NOT NULL,
    type text NOT NULL,
    fhir_id text NOT NULL,
    findings text NOT NULL
);

ALTER TABLE records.refusal ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME records.refusal_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE records.release (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    type text NOT NULL,
    fhir_id text NOT NULL,
    version integer NOT NULL,
    post_id uuid NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE records.release ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME records.release_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE records.resource (
    type text NOT NULL,
    fhir_id text NOT NULL,
    owner uuid NOT NULL,
    holder_id uuid NOT NULL,
    version integer NOT NULL,
    at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    released_at timestamp with time zone,
    status text NOT NULL,
    in_error boolean NOT NULL,
    classes text[] NOT NULL,
    encounter text,
    body text NOT NULL,
    filed smallint DEFAULT 3 NOT NULL,
    app_id uuid,
    by_import boolean DEFAULT false NOT NULL,
    CONSTRAINT resource_version_check CHECK ((version > 0))
);

CREATE TABLE records.segment (
    import_id uuid NOT NULL,
    name text NOT NULL,
    first bigint NOT NULL,
    size bigint NOT NULL,
    sealed_key bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT segment_size_check CHECK ((size > 0))
);

CREATE TABLE records.subscription (
    id uuid NOT NULL,
    state text NOT NULL,
    person_id uuid NOT NULL,
    post_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    role text NOT NULL,
    for_person_id uuid,
    app_id uuid NOT NULL,
    scopes text[] NOT NULL,
    approval_id uuid NOT NULL,
    version integer NOT NULL,
    at timestamp with time zone NOT NULL,
    body text NOT NULL,
    type text NOT NULL,
    criteria text NOT NULL,
    about uuid,
    channel text NOT NULL,
    endpoint text NOT NULL,
    header bytea,
    base text NOT NULL,
    content text NOT NULL,
    bundled boolean NOT NULL,
    until timestamp with time zone NOT NULL,
    born pg_snapshot DEFAULT pg_current_snapshot() NOT NULL,
    told bigint DEFAULT 0 NOT NULL,
    told_at timestamp with time zone,
    tries integer DEFAULT 0 NOT NULL,
    trouble text DEFAULT ''::text NOT NULL,
    under_way boolean DEFAULT false NOT NULL,
    binding bytea,
    binding_until timestamp with time zone,
    left_off pg_snapshot,
    left_off_at timestamp with time zone,
    CONSTRAINT subscription_channel_check CHECK ((channel = ANY (ARRAY['rest-hook'::text, 'websocket'::text]))),
    CONSTRAINT subscription_check CHECK (((channel = 'rest-hook'::text) = (endpoint <> ''::text))),
    CONSTRAINT subscription_check1 CHECK (((binding IS NULL) = (binding_until IS NULL))),
    CONSTRAINT subscription_check2 CHECK (((left_off IS NULL) = (left_off_at IS NULL))),
    CONSTRAINT subscription_content_check CHECK ((content = ANY (ARRAY['empty'::text, 'id-only'::text, 'full-resource'::text]))),
    CONSTRAINT subscription_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'active'::text, 'error'::text, 'off'::text, 'removed'::text]))),
    CONSTRAINT subscription_version_check CHECK ((version > 0))
);

CREATE TABLE records.sweep (
    name text NOT NULL,
    page bigint NOT NULL
);

CREATE TABLE records.token (
    owner uuid NOT NULL,
    type text NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    at timestamp with time zone NOT NULL,
    fhir_id text NOT NULL,
    version integer NOT NULL,
    part smallint DEFAULT 0 NOT NULL
);

CREATE VIEW records.unfiled AS
 SELECT type,
    fhir_id,
    owner,
    holder_id,
    version,
    at,
    recorded_at,
    released_at,
    status,
    in_error,
    classes,
    encounter,
    body,
    filed,
    app_id,
    by_import
   FROM records.resource
  WHERE (filed < 3);

CREATE TABLE records.version (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    type text NOT NULL,
    fhir_id text NOT NULL,
    version integer NOT NULL,
    post_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    released boolean NOT NULL,
    classes text[] NOT NULL,
    body text NOT NULL,
    app_id uuid,
    holder_id uuid NOT NULL
);

ALTER TABLE records.version ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME records.version_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE records.word (
    owner uuid NOT NULL,
    type text CONSTRAINT word_type_not_null1 NOT NULL,
    fhir_id text CONSTRAINT word_fhir_id_not_null1 NOT NULL,
    version integer CONSTRAINT word_version_not_null1 NOT NULL,
    name text CONSTRAINT word_name_not_null1 NOT NULL,
    value text CONSTRAINT word_value_not_null1 NOT NULL,
    exact text CONSTRAINT word_exact_not_null1 NOT NULL,
    part smallint CONSTRAINT word_part_not_null1 NOT NULL
);

CREATE TABLE signatures.certificate (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    person_id uuid NOT NULL,
    post_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    pin bytea,
    errand_id uuid NOT NULL,
    code text DEFAULT ''::text NOT NULL,
    serial text DEFAULT ''::text NOT NULL,
    pem text DEFAULT ''::text NOT NULL,
    issuer_pem text DEFAULT ''::text NOT NULL,
    expires_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT certificate_check CHECK (((state = ANY (ARRAY['asked'::text, 'refused'::text])) OR ((serial <> ''::text) AND (pem <> ''::text) AND (issuer_pem <> ''::text) AND (expires_at IS NOT NULL)))),
    CONSTRAINT certificate_check1 CHECK (((pin IS NULL) OR (state = 'asked'::text))),
    CONSTRAINT certificate_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'issued'::text, 'refused'::text, 'revoked'::text, 'expired'::text])))
);

CREATE TABLE signatures.proof (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    signature_id uuid NOT NULL,
    signature text NOT NULL,
    stamp text NOT NULL,
    stamped_at timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE signatures.proof ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME signatures.proof_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE signatures.signature (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    person_id uuid NOT NULL,
    post_id uuid NOT NULL,
    certificate_id uuid,
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    document_id uuid NOT NULL,
    digest text NOT NULL,
    at timestamp with time zone NOT NULL,
    code text NOT NULL,
    errand_id uuid,
    CONSTRAINT signature_check CHECK (((state = 'refused'::text) OR ((certificate_id IS NOT NULL) AND (errand_id IS NOT NULL)))),
    CONSTRAINT signature_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT signature_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'signed'::text, 'refused'::text])))
);

CREATE TABLE signatures.unlocking (
    id uuid NOT NULL,
    state text NOT NULL,
    certificate_id uuid NOT NULL,
    post_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    pin bytea,
    token bytea,
    errand_id uuid NOT NULL,
    code text DEFAULT ''::text NOT NULL,
    CONSTRAINT unlocking_check CHECK (((until - at) <= '12:00:00'::interval)),
    CONSTRAINT unlocking_check1 CHECK (((pin IS NULL) OR (state = 'asked'::text))),
    CONSTRAINT unlocking_check2 CHECK (((token IS NULL) OR (state = 'open'::text))),
    CONSTRAINT unlocking_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'open'::text, 'refused'::text, 'closed'::text])))
);

CREATE TABLE supervision."case" (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    person_id uuid NOT NULL,
    opens text NOT NULL,
    reason text NOT NULL,
    asked_by uuid NOT NULL,
    asked_post_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    decided_by uuid,
    decided_post_id uuid,
    decided_at timestamp with time zone,
    until timestamp with time zone,
    declined_for text DEFAULT ''::text NOT NULL,
    CONSTRAINT case_check CHECK ((decided_by <> asked_by)),
    CONSTRAINT case_check1 CHECK (((state = 'asked'::text) OR (decided_by IS NOT NULL))),
    CONSTRAINT case_check2 CHECK (((state <> 'approved'::text) OR (until IS NOT NULL))),
    CONSTRAINT case_check3 CHECK (((state <> 'rejected'::text) OR (declined_for <> ''::text))),
    CONSTRAINT case_opens_check CHECK ((opens = ANY (ARRAY['name'::text, 'chat'::text]))),
    CONSTRAINT case_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT case_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'approved'::text, 'rejected'::text, 'closed'::text])))
);

CREATE TABLE supervision.tally (
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    day date NOT NULL,
    ours jsonb DEFAULT '{}'::jsonb NOT NULL,
    theirs jsonb DEFAULT '{}'::jsonb NOT NULL,
    same boolean DEFAULT false NOT NULL,
    open integer DEFAULT 0 NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    at timestamp with time zone
);

CREATE TABLE supervision.trail (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    visit_id uuid NOT NULL,
    number integer NOT NULL,
    institution_id uuid NOT NULL,
    log text NOT NULL,
    "row" bigint NOT NULL,
    thing text NOT NULL,
    verb text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    by text NOT NULL,
    post_id uuid,
    at timestamp with time zone NOT NULL,
    digest bytea NOT NULL,
    chain bytea NOT NULL,
    CONSTRAINT trail_by_check CHECK ((by = ANY (ARRAY['resident'::text, 'proxy'::text, 'staff'::text, 'system'::text]))),
    CONSTRAINT trail_check CHECK (((post_id IS NOT NULL) = (by = 'staff'::text)))
);

CREATE TABLE supervision.trail_seal (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    visit_id uuid NOT NULL,
    lines integer NOT NULL,
    chain bytea NOT NULL,
    mac bytea NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE supervision.trail_seal ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME supervision.trail_seal_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE supervision.trail ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME supervision.trail_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE supervision.upload (
    id uuid NOT NULL,
    state text NOT NULL,
    institution_id uuid NOT NULL,
    kind text NOT NULL,
    thing_id uuid NOT NULL,
    person_id uuid,
    visit_id uuid,
    day date NOT NULL,
    at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    waits boolean NOT NULL,
    stale boolean DEFAULT false NOT NULL,
    edition integer DEFAULT 0 NOT NULL,
    digest text DEFAULT ''::text NOT NULL,
    receipt text DEFAULT ''::text NOT NULL,
    receipted_at timestamp with time zone,
    code text DEFAULT ''::text NOT NULL,
    about text DEFAULT ''::text NOT NULL,
    helped boolean DEFAULT false NOT NULL,
    CONSTRAINT upload_check CHECK (((receipt = ''::text) = (receipted_at IS NULL))),
    CONSTRAINT upload_check1 CHECK (((state <> 'receipted'::text) OR (receipt <> ''::text))),
    CONSTRAINT upload_check2 CHECK (((state <> 'refused'::text) OR (code <> ''::text))),
    CONSTRAINT upload_check3 CHECK (((state = 'due'::text) OR ((digest <> ''::text) AND (NOT waits)))),
    CONSTRAINT upload_kind_check CHECK ((kind = ANY (ARRAY['licence'::text, 'practitioner'::text, 'visit'::text, 'prescription'::text, 'review'::text, 'dispense'::text]))),
    CONSTRAINT upload_state_check CHECK ((state = ANY (ARRAY['due'::text, 'sent'::text, 'receipted'::text, 'refused'::text])))
);

ALTER TABLE ONLY access.approval
    ADD CONSTRAINT approval_pkey PRIMARY KEY (id);

ALTER TABLE ONLY access.consent
    ADD CONSTRAINT consent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY access.export_fetch
    ADD CONSTRAINT export_fetch_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY access.export_person
    ADD CONSTRAINT export_person_pkey PRIMARY KEY (export_id, person_id);

ALTER TABLE ONLY access.export
    ADD CONSTRAINT export_pkey PRIMARY KEY (id);

ALTER TABLE ONLY access.export_vote
    ADD CONSTRAINT export_vote_export_id_person_id_key UNIQUE (export_id, person_id);

ALTER TABLE ONLY access.export_vote
    ADD CONSTRAINT export_vote_pkey PRIMARY KEY (export_id, n);

ALTER TABLE ONLY access.glass
    ADD CONSTRAINT glass_pkey PRIMARY KEY (id);

ALTER TABLE ONLY access.log
    ADD CONSTRAINT log_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY access.mandate
    ADD CONSTRAINT mandate_pkey PRIMARY KEY (cause_id);

ALTER TABLE ONLY access.permission
    ADD CONSTRAINT permission_pkey PRIMARY KEY (id);

ALTER TABLE ONLY access.relation
    ADD CONSTRAINT relation_pkey PRIMARY KEY (cause_id, person_id, institution_id, role);

ALTER TABLE ONLY access.shown
    ADD CONSTRAINT shown_pkey PRIMARY KEY (institution_id, app_id, reader_id);

ALTER TABLE ONLY accounts.account
    ADD CONSTRAINT account_login_key UNIQUE (login);

ALTER TABLE ONLY accounts.account
    ADD CONSTRAINT account_phone_index_key UNIQUE (phone_index);

ALTER TABLE ONLY accounts.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts.ask
    ADD CONSTRAINT ask_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY accounts.assertion
    ADD CONSTRAINT assertion_pkey PRIMARY KEY (client_id, jti);

ALTER TABLE ONLY accounts.client
    ADD CONSTRAINT client_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts.code
    ADD CONSTRAINT code_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts.grant_code
    ADD CONSTRAINT grant_code_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY accounts.hat
    ADD CONSTRAINT hat_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY accounts.key_set
    ADD CONSTRAINT key_set_pkey PRIMARY KEY (client_id);

ALTER TABLE ONLY accounts.launch
    ADD CONSTRAINT launch_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY accounts.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY accounts.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY billing.bill
    ADD CONSTRAINT bill_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.books
    ADD CONSTRAINT books_institution_id_day_key UNIQUE (institution_id, day);

ALTER TABLE ONLY billing.books
    ADD CONSTRAINT books_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.difference
    ADD CONSTRAINT difference_institution_id_booked_id_kind_key UNIQUE (institution_id, booked_id, kind);

ALTER TABLE ONLY billing.difference
    ADD CONSTRAINT difference_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.entry
    ADD CONSTRAINT entry_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY billing.line
    ADD CONSTRAINT line_pkey PRIMARY KEY (bill_id, number);

ALTER TABLE ONLY billing.payee
    ADD CONSTRAINT payee_merchant_key UNIQUE (merchant);

ALTER TABLE ONLY billing.payee
    ADD CONSTRAINT payee_pkey PRIMARY KEY (institution_id);

ALTER TABLE ONLY billing.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.payment
    ADD CONSTRAINT payment_provider_id_key UNIQUE (provider_id);

ALTER TABLE ONLY billing.price
    ADD CONSTRAINT price_institution_id_code_valid_from_key UNIQUE (institution_id, code, valid_from);

ALTER TABLE ONLY billing.price
    ADD CONSTRAINT price_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (number);

ALTER TABLE ONLY billing.receipt
    ADD CONSTRAINT receipt_refund_id_key UNIQUE (refund_id);

ALTER TABLE ONLY billing.refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.refund
    ADD CONSTRAINT refund_provider_id_key UNIQUE (provider_id);

ALTER TABLE ONLY billing.refunded_line
    ADD CONSTRAINT refunded_line_pkey PRIMARY KEY (bill_id, number);

ALTER TABLE ONLY booking.appointment
    ADD CONSTRAINT appointment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY booking.closure
    ADD CONSTRAINT closure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY booking.no_show
    ADD CONSTRAINT no_show_pkey PRIMARY KEY (appointment_id);

ALTER TABLE ONLY booking.routine
    ADD CONSTRAINT routine_pkey PRIMARY KEY (id);

ALTER TABLE ONLY booking.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY booking.slot
    ADD CONSTRAINT slot_pkey PRIMARY KEY (session_id, number);

ALTER TABLE ONLY booking.waiting
    ADD CONSTRAINT waiting_pkey PRIMARY KEY (id);

ALTER TABLE ONLY consult.agreement
    ADD CONSTRAINT agreement_pkey PRIMARY KEY (person_id, version);

ALTER TABLE ONLY consult.duty
    ADD CONSTRAINT duty_pkey PRIMARY KEY (post_id);

ALTER TABLE ONLY consult.message
    ADD CONSTRAINT message_id_key UNIQUE (id);

ALTER TABLE ONLY consult.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY consult.offer
    ADD CONSTRAINT offer_pkey PRIMARY KEY (post_id, kind);

ALTER TABLE ONLY consult.proof
    ADD CONSTRAINT proof_pkey PRIMARY KEY (visit_id, number);

ALTER TABLE ONLY consult.rating
    ADD CONSTRAINT rating_pkey PRIMARY KEY (visit_id);

ALTER TABLE ONLY consult.transcript
    ADD CONSTRAINT transcript_pkey PRIMARY KEY (visit_id);

ALTER TABLE ONLY consult.visit
    ADD CONSTRAINT visit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY files.file
    ADD CONSTRAINT file_pkey PRIMARY KEY (id);

ALTER TABLE ONLY files.tenant_key
    ADD CONSTRAINT tenant_key_pkey PRIMARY KEY (institution_id, version);

ALTER TABLE ONLY insurance.books
    ADD CONSTRAINT books_institution_id_scheme_day_key UNIQUE (institution_id, scheme, day);

ALTER TABLE ONLY insurance.books
    ADD CONSTRAINT books_pkey PRIMARY KEY (id);

ALTER TABLE insurance.claim
    ADD CONSTRAINT claim_of_follow_up CHECK (((state <> 'opened'::text) OR (subject_type <> 'consult'::text) OR (online AND (diagnosis <> ''::text)))) NOT VALID;

ALTER TABLE insurance.claim
    ADD CONSTRAINT claim_of_prescription CHECK (((state <> 'opened'::text) OR (kind <> 'pharmacy'::text) OR (prescription_id IS NOT NULL))) NOT VALID;

ALTER TABLE ONLY insurance.claim
    ADD CONSTRAINT claim_pkey PRIMARY KEY (id);

ALTER TABLE ONLY insurance.counter
    ADD CONSTRAINT counter_pkey PRIMARY KEY (person_id, scheme, year);

ALTER TABLE ONLY insurance.cover
    ADD CONSTRAINT cover_pkey PRIMARY KEY (id);

ALTER TABLE ONLY insurance.difference
    ADD CONSTRAINT difference_institution_id_kind_day_number_key UNIQUE (institution_id, kind, day, number);

ALTER TABLE ONLY insurance.difference
    ADD CONSTRAINT difference_pkey PRIMARY KEY (id);

ALTER TABLE ONLY insurance.item
    ADD CONSTRAINT item_pkey PRIMARY KEY (institution_id, code);

ALTER TABLE ONLY insurance.line
    ADD CONSTRAINT line_pkey PRIMARY KEY (claim_id, number);

ALTER TABLE ONLY insurance.rating
    ADD CONSTRAINT rating_pkey PRIMARY KEY (claim_id, number);

ALTER TABLE ONLY insurance.split
    ADD CONSTRAINT split_pkey PRIMARY KEY (claim_id, source);

ALTER TABLE ONLY kernel.demo
    ADD CONSTRAINT demo_pkey PRIMARY KEY (single);

ALTER TABLE ONLY kernel.errand
    ADD CONSTRAINT errand_pkey PRIMARY KEY (id);

ALTER TABLE ONLY kernel.followed
    ADD CONSTRAINT followed_pkey PRIMARY KEY (seq, follower);

ALTER TABLE ONLY kernel.history
    ADD CONSTRAINT history_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY kernel.once
    ADD CONSTRAINT once_pkey PRIMARY KEY (post_id, key);

ALTER TABLE ONLY kernel.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY kernel.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (owner);

ALTER TABLE ONLY kernel.seal
    ADD CONSTRAINT seal_pkey PRIMARY KEY (log, number);

ALTER TABLE ONLY kernel.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (thing_id, timer);

ALTER TABLE ONLY orders.call
    ADD CONSTRAINT call_pkey PRIMARY KEY (id);

ALTER TABLE ONLY orders.item
    ADD CONSTRAINT item_pkey PRIMARY KEY (institution_id, code);

ALTER TABLE ONLY orders."order"
    ADD CONSTRAINT order_pkey PRIMARY KEY (id);

ALTER TABLE ONLY orders.result
    ADD CONSTRAINT result_pkey PRIMARY KEY (order_id, round, number);

ALTER TABLE ONLY orders.specimen
    ADD CONSTRAINT specimen_barcode_key UNIQUE (barcode);

ALTER TABLE ONLY orders.specimen
    ADD CONSTRAINT specimen_pkey PRIMARY KEY (id);

ALTER TABLE ONLY people.card
    ADD CONSTRAINT card_pkey PRIMARY KEY (id);

ALTER TABLE ONLY people.code_used
    ADD CONSTRAINT code_used_pkey PRIMARY KEY (ticket_id);

ALTER TABLE ONLY people.department
    ADD CONSTRAINT department_institution_id_code_key UNIQUE (institution_id, code);

ALTER TABLE ONLY people.department
    ADD CONSTRAINT department_pkey PRIMARY KEY (id);

ALTER TABLE ONLY people.duty
    ADD CONSTRAINT duty_pkey PRIMARY KEY (post_id);

ALTER TABLE ONLY people.filing
    ADD CONSTRAINT filing_pkey PRIMARY KEY (id);

ALTER TABLE ONLY people.institution
    ADD CONSTRAINT institution_pkey PRIMARY KEY (id);

ALTER TABLE ONLY people.kin
    ADD CONSTRAINT kin_pkey PRIMARY KEY (id);

ALTER TABLE ONLY people.known_as
    ADD CONSTRAINT known_as_pkey PRIMARY KEY (id_index);

ALTER TABLE ONLY people.licence
    ADD CONSTRAINT licence_pkey PRIMARY KEY (id);

ALTER TABLE ONLY people.person
    ADD CONSTRAINT person_id_index_key UNIQUE (id_index);

ALTER TABLE ONLY people.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (id);

ALTER TABLE ONLY people.post
    ADD CONSTRAINT post_pkey PRIMARY KEY (id);

ALTER TABLE ONLY people.training
    ADD CONSTRAINT training_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pharmacy.batch
    ADD CONSTRAINT batch_institution_id_code_lot_key UNIQUE (institution_id, code, lot);

ALTER TABLE ONLY pharmacy.batch
    ADD CONSTRAINT batch_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pharmacy.line
    ADD CONSTRAINT line_pkey PRIMARY KEY (sale_id, number);

ALTER TABLE ONLY pharmacy.pack
    ADD CONSTRAINT pack_pkey PRIMARY KEY (trace_code);

ALTER TABLE ONLY pharmacy.returned
    ADD CONSTRAINT returned_pkey PRIMARY KEY (trace_code);

ALTER TABLE ONLY pharmacy.sale
    ADD CONSTRAINT sale_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pharmacy.scan
    ADD CONSTRAINT scan_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pharmacy.seller
    ADD CONSTRAINT seller_pkey PRIMARY KEY (institution_id);

ALTER TABLE ONLY pharmacy.tick
    ADD CONSTRAINT tick_pkey PRIMARY KEY (sale_id, comparison);

ALTER TABLE ONLY prescribing.approval
    ADD CONSTRAINT approval_pkey PRIMARY KEY (institution_id, version);

ALTER TABLE ONLY prescribing.approval
    ADD CONSTRAINT approval_seq_key UNIQUE (seq);

ALTER TABLE ONLY prescribing.claim
    ADD CONSTRAINT claim_pkey PRIMARY KEY (prescription_id);

ALTER TABLE ONLY prescribing.document
    ADD CONSTRAINT document_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prescribing.document
    ADD CONSTRAINT document_seq_key UNIQUE (seq);

ALTER TABLE ONLY prescribing.prescription
    ADD CONSTRAINT prescription_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prescribing.review
    ADD CONSTRAINT review_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prescribing.review
    ADD CONSTRAINT review_seq_key UNIQUE (seq);

ALTER TABLE ONLY prescribing.version
    ADD CONSTRAINT version_pkey PRIMARY KEY (prescription_id, number);

ALTER TABLE ONLY prescribing.version
    ADD CONSTRAINT version_seq_key UNIQUE (seq);

ALTER TABLE ONLY records.bringing
    ADD CONSTRAINT bringing_pkey PRIMARY KEY (id);

ALTER TABLE ONLY records.brought
    ADD CONSTRAINT brought_pkey PRIMARY KEY (import_id, name);

ALTER TABLE ONLY records.draft
    ADD CONSTRAINT draft_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY records.heard
    ADD CONSTRAINT heard_pkey PRIMARY KEY (one);

ALTER TABLE ONLY records.imported
    ADD CONSTRAINT imported_pkey PRIMARY KEY (institution_id, digest);

ALTER TABLE ONLY records.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (n);

ALTER TABLE ONLY records.notice
    ADD CONSTRAINT notice_subscription_id_type_fhir_id_version_key UNIQUE (subscription_id, type, fhir_id, version);

ALTER TABLE ONLY records.part
    ADD CONSTRAINT part_pkey PRIMARY KEY (export_id, n);

ALTER TABLE ONLY records.refusal
    ADD CONSTRAINT refusal_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY records.release
    ADD CONSTRAINT release_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY records.resource
    ADD CONSTRAINT resource_pkey PRIMARY KEY (type, fhir_id);

ALTER TABLE ONLY records.segment
    ADD CONSTRAINT segment_pkey PRIMARY KEY (import_id, name, first);

ALTER TABLE ONLY records.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (id);

ALTER TABLE ONLY records.sweep
    ADD CONSTRAINT sweep_pkey PRIMARY KEY (name);

ALTER TABLE ONLY records.version
    ADD CONSTRAINT version_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY records.version
    ADD CONSTRAINT version_type_fhir_id_version_key UNIQUE (type, fhir_id, version);

ALTER TABLE ONLY signatures.certificate
    ADD CONSTRAINT certificate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY signatures.proof
    ADD CONSTRAINT proof_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY signatures.proof
    ADD CONSTRAINT proof_signature_id_key UNIQUE (signature_id);

ALTER TABLE ONLY signatures.signature
    ADD CONSTRAINT signature_pkey PRIMARY KEY (id);

ALTER TABLE ONLY signatures.unlocking
    ADD CONSTRAINT unlocking_pkey PRIMARY KEY (id);

ALTER TABLE ONLY supervision."case"
    ADD CONSTRAINT case_pkey PRIMARY KEY (id);

ALTER TABLE ONLY supervision.tally
    ADD CONSTRAINT tally_institution_id_day_key UNIQUE (institution_id, day);

ALTER TABLE ONLY supervision.tally
    ADD CONSTRAINT tally_pkey PRIMARY KEY (id);

ALTER TABLE ONLY supervision.trail
    ADD CONSTRAINT trail_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY supervision.trail_seal
    ADD CONSTRAINT trail_seal_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY supervision.trail_seal
    ADD CONSTRAINT trail_seal_visit_id_lines_key UNIQUE (visit_id, lines);

ALTER TABLE ONLY supervision.trail
    ADD CONSTRAINT trail_visit_id_log_row_key UNIQUE (visit_id, log, "row");

ALTER TABLE ONLY supervision.trail
    ADD CONSTRAINT trail_visit_id_number_key UNIQUE (visit_id, number);

ALTER TABLE ONLY supervision.upload
    ADD CONSTRAINT upload_institution_id_kind_thing_id_key UNIQUE (institution_id, kind, thing_id);

ALTER TABLE ONLY supervision.upload
    ADD CONSTRAINT upload_pkey PRIMARY KEY (id);

CREATE UNIQUE INDEX approval_app_id_institution_id_purpose_idx ON access.approval USING btree (app_id, institution_id, purpose) WHERE (state = 'approved'::text);

CREATE UNIQUE INDEX approval_institution_id_app_id_idx ON access.approval USING btree (institution_id, app_id) WHERE (state = 'asked'::text);

CREATE INDEX approval_institution_id_asked_at_idx ON access.approval USING btree (institution_id, asked_at);

CREATE INDEX consent_holder_idx ON access.consent USING btree (holder_id, at);

CREATE INDEX consent_person_id_receiver_id_idx ON access.consent USING btree (person_id, receiver_id);

CREATE INDEX consent_receiver_idx ON access.consent USING btree (receiver_id, at);

CREATE INDEX export_app_id_institution_id_day_idx ON access.export USING btree (app_id, institution_id, day);

CREATE INDEX export_approval_id_idx ON access.export USING btree (approval_id);

CREATE INDEX export_asked_at_id_idx ON access.export USING btree (asked_at, id) WHERE (state = 'running'::text);

CREATE INDEX export_fetch_export_id_seq_idx ON access.export_fetch USING btree (export_id, seq);

CREATE INDEX export_institution_id_asked_at_id_idx ON access.export USING btree (institution_id, asked_at DESC, id);

CREATE INDEX export_untidied ON access.export USING btree (id) WHERE ((tidied_at IS NULL) AND (state = ANY (ARRAY['expired'::text, 'refused'::text, 'cancelled'::text, 'failed'::text])));

CREATE INDEX glass_audited_idx ON access.glass USING btree (institution_id, at);

CREATE INDEX glass_institution_id_at_idx ON access.glass USING btree (institution_id, at) WHERE (state = 'broken'::text);

CREATE INDEX glass_person_id_post_id_until_idx ON access.glass USING btree (person_id, post_id, until);

CREATE INDEX log_at_idx ON access.log USING brin (at);

CREATE INDEX log_institution_id_app_id_at_idx ON access.log USING btree (institution_id, app_id, at) WHERE (what = 'fhir_match'::text);

CREATE INDEX log_person_ids_idx ON access.log USING gin (person_ids);

CREATE UNIQUE INDEX log_tx_seq_idx ON access.log USING btree (tx, seq);

CREATE INDEX mandate_holder_id_subject_id_idx ON access.mandate USING btree (holder_id, subject_id) WHERE (ended_at IS NULL);

CREATE INDEX mandate_subject_id_idx ON access.mandate USING btree (subject_id) WHERE (ended_at IS NULL);

CREATE INDEX permission_approval_id_idx ON access.permission USING btree (approval_id);

CREATE UNIQUE INDEX permission_person_id_app_id_idx ON access.permission USING btree (person_id, app_id) WHERE (state = ANY (ARRAY['given'::text, 'withdrawn'::text]));

CREATE INDEX permission_person_id_at_idx ON access.permission USING btree (person_id, at);

CREATE INDEX relation_institution_id_role_person_id_idx ON access.relation USING btree (institution_id, role, person_id) WHERE (ended_at IS NULL);

CREATE INDEX relation_person_id_institution_id_role_idx ON access.relation USING btree (person_id, institution_id, role) WHERE (ended_at IS NULL);

CREATE UNIQUE INDEX account_person_id_idx ON accounts.account USING btree (person_id) WHERE (phone_index IS NOT NULL);

CREATE INDEX account_person_id_idx1 ON accounts.account USING btree (person_id) WHERE (login IS NOT NULL);

CREATE INDEX ask_answered_by_client_id_used_at_idx ON accounts.ask USING btree (answered_by, client_id, used_at) WHERE (answered_by IS NOT NULL);

CREATE INDEX assertion_expires_at_idx ON accounts.assertion USING brin (expires_at);

CREATE INDEX client_origins_idx ON accounts.client USING gin (origins);

CREATE INDEX code_phone_index_created_at_idx ON accounts.code USING btree (phone_index, created_at);

CREATE INDEX hat_digest_idx ON accounts.hat USING btree (digest);

CREATE UNIQUE INDEX hat_tx_seq_idx ON accounts.hat USING btree (tx, seq);

CREATE INDEX lease_approval_id_idx ON accounts.lease USING btree (approval_id) WHERE (ended_at IS NULL);

CREATE INDEX lease_for_person_id_client_id_idx ON accounts.lease USING btree (for_person_id, client_id) WHERE (ended_at IS NULL);

CREATE INDEX lease_person_id_client_id_idx ON accounts.lease USING btree (person_id, client_id) WHERE (ended_at IS NULL);

CREATE INDEX session_account_id_idx ON accounts.session USING btree (account_id);

CREATE INDEX session_person_id_idx ON accounts.session USING btree (person_id) WHERE (ended_at IS NULL);

CREATE INDEX token_lease_id_idx ON accounts.token USING btree (lease_id);

CREATE INDEX bill_person_id_id_idx ON billing.bill USING btree (person_id, id);

CREATE INDEX bill_subject_type_subject_id_at_idx ON billing.bill USING btree (subject_type, subject_id, at);

CREATE UNIQUE INDEX bill_subject_type_subject_id_idx ON billing.bill USING btree (subject_type, subject_id) WHERE (state = ANY (ARRAY['open'::text, 'paid'::text, 'partly_refunded'::text]));

CREATE INDEX difference_institution_id_at_idx ON billing.difference USING btree (institution_id, at) WHERE (state = 'open'::text);

CREATE UNIQUE INDEX entry_cause_bill_id_account_idx ON billing.entry USING btree (cause, bill_id, account) WHERE ((payment_id IS NULL) AND (refund_id IS NULL) AND (cause <> 'shared'::text));

CREATE UNIQUE INDEX entry_cause_refund_id_account_idx ON billing.entry USING btree (cause, refund_id, account);

CREATE INDEX entry_institution_id_account_day_idx ON billing.entry USING btree (institution_id, account, day);

CREATE UNIQUE INDEX entry_payment_id_account_idx ON billing.entry USING btree (payment_id, account) WHERE (refund_id IS NULL);

CREATE INDEX entry_posting_id_idx ON billing.entry USING btree (posting_id);

CREATE UNIQUE INDEX entry_tx_seq_idx ON billing.entry USING btree (tx, seq);

CREATE UNIQUE INDEX payment_bill_id_idx ON billing.payment USING btree (bill_id) WHERE (state = ANY (ARRAY['planned'::text, 'ordered'::text]));

CREATE INDEX payment_bill_id_idx1 ON billing.payment USING btree (bill_id);

CREATE INDEX payment_institution_id_at_idx ON billing.payment USING btree (institution_id, at) WHERE (state = ANY (ARRAY['planned'::text, 'ordered'::text]));

CREATE INDEX payment_institution_id_paid_at_idx ON billing.payment USING btree (institution_id, paid_at) WHERE (state = 'paid'::text);

CREATE UNIQUE INDEX receipt_bill_id_idx ON billing.receipt USING btree (bill_id) WHERE (refund_id IS NULL);

CREATE INDEX receipt_person_id_at_idx ON billing.receipt USING btree (person_id, at);

CREATE INDEX refund_bill_id_idx ON billing.refund USING btree (bill_id);

CREATE INDEX refund_institution_id_at_idx ON billing.refund USING btree (institution_id, at) WHERE (state <> 'done'::text);

CREATE INDEX refund_institution_id_done_at_idx ON billing.refund USING btree (institution_id, done_at) WHERE (state = 'done'::text);

CREATE INDEX refund_payment_id_idx ON billing.refund USING btree (payment_id);

CREATE UNIQUE INDEX appointment_person_id_day_ordinal_idx ON booking.appointment USING btree (person_id, day, ordinal) WHERE stands;

CREATE UNIQUE INDEX appointment_person_id_department_id_day_idx ON booking.appointment USING btree (person_id, department_id, day) WHERE stands;

CREATE INDEX appointment_person_id_starts_at_idx ON booking.appointment USING btree (person_id, starts_at);

CREATE INDEX appointment_session_id_idx ON booking.appointment USING btree (session_id) WHERE (NOT stands);

CREATE UNIQUE INDEX appointment_session_id_number_idx ON booking.appointment USING btree (session_id, number) WHERE stands;

CREATE UNIQUE INDEX closure_institution_id_day_idx ON booking.closure USING btree (institution_id, day) WHERE (state = 'closed'::text);

CREATE INDEX no_show_person_id_at_idx ON booking.no_show USING btree (person_id, at);

CREATE INDEX routine_department_id_idx ON booking.routine USING btree (department_id) WHERE (state = 'active'::text);

CREATE INDEX routine_doctor_id_idx ON booking.routine USING btree (doctor_id) WHERE (state = 'active'::text);

CREATE INDEX session_department_id_day_idx ON booking.session USING btree (department_id, day);

CREATE UNIQUE INDEX session_doctor_id_starts_at_idx ON booking.session USING btree (doctor_id, starts_at) WHERE (state <> 'stopped'::text);

CREATE INDEX session_doctor_id_starts_at_idx1 ON booking.session USING btree (doctor_id, starts_at);

CREATE INDEX session_institution_id_day_idx ON booking.session USING btree (institution_id, day);

CREATE INDEX session_post_id_starts_at_idx ON booking.session USING btree (post_id, starts_at);

CREATE UNIQUE INDEX session_routine_id_day_idx ON booking.session USING btree (routine_id, day) WHERE (routine_id IS NOT NULL);

CREATE INDEX session_starts_at_idx ON booking.session USING btree (starts_at);

CREATE INDEX waiting_appointment_id_idx ON booking.waiting USING btree (appointment_id) WHERE (state = 'offered'::text);

CREATE INDEX waiting_session_id_at_id_idx ON booking.waiting USING btree (session_id, at, id) WHERE (state = 'waiting'::text);

CREATE UNIQUE INDEX waiting_session_id_person_id_idx ON booking.waiting USING btree (session_id, person_id) WHERE (state = ANY (ARRAY['waiting'::text, 'offered'::text]));

CREATE INDEX message_tx_seq_idx ON consult.message USING btree (tx, seq);

CREATE INDEX message_visit_id_seq_idx ON consult.message USING btree (visit_id, seq);

CREATE INDEX rating_post_id_idx ON consult.rating USING btree (post_id);

CREATE INDEX visit_doctor_id_institution_id_ended_at_idx ON consult.visit USING btree (doctor_id, institution_id, ended_at) WHERE (state = 'stopped'::text);

CREATE INDEX visit_doctor_id_institution_id_id_idx ON consult.visit USING btree (doctor_id, institution_id, id) WHERE (state = ANY (ARRAY['asked'::text, 'waiting'::text, 'with_doctor'::text]));

CREATE INDEX visit_institution_id_at_idx ON consult.visit USING btree (institution_id, at);

CREATE UNIQUE INDEX visit_open ON consult.visit USING btree (person_id, post_id) WHERE (state = ANY (ARRAY['asked'::text, 'unpaid'::text, 'waiting'::text, 'with_doctor'::text]));

CREATE INDEX visit_person_id_id_idx ON consult.visit USING btree (person_id, id);

CREATE INDEX file_owner_id_id_idx ON files.file USING btree (owner_id, id);

CREATE INDEX books_day_institution_id_scheme_idx ON insurance.books USING btree (day DESC, institution_id, scheme);

CREATE INDEX claim_at_idx ON insurance.claim USING btree (at);

CREATE INDEX claim_bill_id_at_idx ON insurance.claim USING btree (bill_id, at);

CREATE UNIQUE INDEX claim_bill_id_idx ON insurance.claim USING btree (bill_id) WHERE (state <> ALL (ARRAY['refused'::text, 'dropped'::text]));

CREATE INDEX claim_institution_id_at_idx ON insurance.claim USING btree (institution_id, at);

CREATE INDEX claim_institution_id_scheme_reversed_at_idx ON insurance.claim USING btree (institution_id, scheme, reversed_at) WHERE (reversed_at IS NOT NULL);

CREATE INDEX claim_institution_id_scheme_settled_at_idx ON insurance.claim USING btree (institution_id, scheme, settled_at);

CREATE UNIQUE INDEX claim_settlement_number_idx ON insurance.claim USING btree (settlement_number) WHERE (settlement_number <> ''::text);

CREATE INDEX claim_subject_id_at_idx ON insurance.claim USING btree (subject_id, at);

CREATE INDEX cover_person_id_at_idx ON insurance.cover USING btree (person_id, at);

CREATE UNIQUE INDEX cover_person_id_idx ON insurance.cover USING btree (person_id) WHERE (state = ANY (ARRAY['asked'::text, 'bound'::text]));

CREATE INDEX difference_institution_id_at_idx ON insurance.difference USING btree (institution_id, at) WHERE (state = 'open'::text);

CREATE INDEX errand_institution_id_id_idx ON kernel.errand USING btree (institution_id, id) WHERE (outcome = ANY (ARRAY['no'::text, 'unknown'::text]));

CREATE INDEX errand_next_at_idx ON kernel.errand USING btree (next_at) WHERE ((outcome IS NULL) OR (outcome = 'unknown'::text));

CREATE INDEX errand_thing_id_idx ON kernel.errand USING btree (thing_id);

CREATE INDEX history_thing_id_idx ON kernel.history USING btree (thing_id);

CREATE UNIQUE INDEX history_tx_seq_idx ON kernel.history USING btree (tx, seq);

CREATE INDEX once_at_idx ON kernel.once USING brin (at);

CREATE INDEX outbox_delivered_at_idx ON kernel.outbox USING btree (delivered_at) WHERE (skipped_by IS NOT NULL);

CREATE INDEX outbox_lane_tx_seq_idx ON kernel.outbox USING btree (lane, tx, seq) WHERE (delivered_at IS NULL);

CREATE INDEX parked_institution_id_idx ON kernel.parked USING btree (institution_id);

CREATE INDEX timer_due_at_idx ON kernel.timer USING btree (due_at);

CREATE INDEX call_order_id_idx ON orders.call USING btree (order_id);

CREATE UNIQUE INDEX call_tx_seq_idx ON orders.call USING btree (tx, seq);

CREATE INDEX order_institution_id_state_id_idx ON orders."order" USING btree (institution_id, state, id) WHERE (state <> ALL (ARRAY['released'::text, 'cancelled'::text]));

CREATE INDEX order_person_id_id_idx ON orders."order" USING btree (person_id, id);

CREATE UNIQUE INDEX result_tx_seq_idx ON orders.result USING btree (tx, seq);

CREATE UNIQUE INDEX specimen_order_id_idx ON orders.specimen USING btree (order_id) WHERE (rejected_at IS NULL);

CREATE INDEX specimen_order_id_labelled_at_idx ON orders.specimen USING btree (order_id, labelled_at);

CREATE INDEX card_applicant_id_at_idx ON people.card USING btree (applicant_id, at);

CREATE UNIQUE INDEX card_applicant_id_idx ON people.card USING btree (applicant_id) WHERE (state = 'applied'::text);

CREATE INDEX card_id_index_idx ON people.card USING btree (id_index) WHERE (state = 'applied'::text);

CREATE UNIQUE INDEX card_person_id_idx ON people.card USING btree (person_id) WHERE (state = ANY (ARRAY['active'::text, 'frozen'::text]));

CREATE INDEX card_phone_index_at_idx ON people.card USING btree (phone_index, at);

CREATE UNIQUE INDEX card_phone_index_idx ON people.card USING btree (phone_index) WHERE (state = ANY (ARRAY['active'::text, 'frozen'::text]));

CREATE INDEX department_institution_id_code_idx ON people.department USING btree (institution_id, code) WHERE licensed;

CREATE INDEX duty_institution_id_until_idx ON people.duty USING btree (institution_id, until);

CREATE UNIQUE INDEX filing_person_id_institution_id_idx ON people.filing USING btree (person_id, institution_id) WHERE (superseded_at IS NULL);

CREATE UNIQUE INDEX institution_credit_code_idx ON people.institution USING btree (credit_code) WHERE (kind <> ALL (ARRAY['internet_second_name'::text, 'store'::text, 'online_pharmacy'::text]));

CREATE INDEX institution_kind_idx ON people.institution USING btree (kind);

CREATE UNIQUE INDEX institution_licence_number_idx ON people.institution USING btree (licence_number) WHERE (licence_number <> ''::text);

CREATE UNIQUE INDEX kin_holder_id_id_index_idx ON people.kin USING btree (holder_id, id_index) WHERE (state = ANY (ARRAY['claimed'::text, 'invited'::text, 'live'::text]));

CREATE INDEX kin_subject_id_idx ON people.kin USING btree (subject_id) WHERE (state = ANY (ARRAY['invited'::text, 'live'::text]));

CREATE INDEX known_as_resident_index_idx ON people.known_as USING btree (resident_index);

CREATE UNIQUE INDEX licence_person_id_register_idx ON people.licence USING btree (person_id, register) WHERE (superseded_at IS NULL);

CREATE UNIQUE INDEX licence_register_number_idx ON people.licence USING btree (register, number) WHERE (superseded_at IS NULL);

CREATE INDEX post_department_id_idx ON people.post USING btree (department_id);

CREATE INDEX post_institution_id_role_idx ON people.post USING btree (institution_id, role);

CREATE INDEX post_person_id_idx ON people.post USING btree (person_id);

CREATE UNIQUE INDEX training_person_id_idx ON people.training USING btree (person_id) WHERE (superseded_at IS NULL);

CREATE INDEX batch_institution_id_expires_on_idx ON pharmacy.batch USING btree (institution_id, expires_on) WHERE (state <> 'destroyed'::text);

CREATE INDEX pack_batch_id_idx ON pharmacy.pack USING btree (batch_id);

CREATE INDEX sale_handed_at_idx ON pharmacy.sale USING btree (handed_at) WHERE (handed_at IS NOT NULL);

CREATE INDEX sale_institution_id_expr_idx ON pharmacy.sale USING btree (institution_id, ((slip ->> 'number'::text)));

CREATE INDEX sale_institution_id_handed_at_idx ON pharmacy.sale USING btree (institution_id, handed_at) WHERE (handed_at IS NOT NULL);

CREATE INDEX sale_institution_id_state_id_idx ON pharmacy.sale USING btree (institution_id, state, id);

CREATE INDEX sale_person_id_id_idx ON pharmacy.sale USING btree (person_id, id);

CREATE UNIQUE INDEX sale_prescription_id_idx ON pharmacy.sale USING btree (prescription_id) WHERE (state <> ALL (ARRAY['declined'::text, 'withdrawn'::text, 'lapsed'::text]));

CREATE INDEX scan_sale_id_number_idx ON pharmacy.scan USING btree (sale_id, number) WHERE (undone_at IS NULL);

CREATE UNIQUE INDEX scan_trace_code_idx ON pharmacy.scan USING btree (trace_code) WHERE (undone_at IS NULL);

CREATE INDEX scan_trace_code_idx1 ON pharmacy.scan USING btree (trace_code);

CREATE UNIQUE INDEX approval_tx_seq_idx ON prescribing.approval USING btree (tx, seq);

CREATE INDEX document_prescription_id_at_idx ON prescribing.document USING btree (prescription_id, at);

CREATE UNIQUE INDEX document_tx_seq_idx ON prescribing.document USING btree (tx, seq);

CREATE INDEX prescription_institution_id_state_signed_at_idx ON prescribing.prescription USING btree (institution_id, state, signed_at) WHERE (state = ANY (ARRAY['to_review'::text, 'returned'::text]));

CREATE INDEX prescription_person_id_id_idx ON prescribing.prescription USING btree (person_id, id);

CREATE INDEX prescription_prescriber_id_held_at_idx ON prescribing.prescription USING btree (prescriber_id, held_at) WHERE (held_at IS NOT NULL);

CREATE INDEX prescription_seller_id_state_idx ON prescribing.prescription USING btree (seller_id, state) WHERE (seller_id IS NOT NULL);

CREATE INDEX prescription_visit_id_idx ON prescribing.prescription USING btree (visit_id);

CREATE INDEX review_document_id_idx ON prescribing.review USING btree (document_id);

CREATE INDEX review_institution_id_at_idx ON prescribing.review USING btree (institution_id, at);

CREATE INDEX review_prescription_id_at_idx ON prescribing.review USING btree (prescription_id, at);

CREATE UNIQUE INDEX review_tx_seq_idx ON prescribing.review USING btree (tx, seq);

CREATE UNIQUE INDEX version_tx_seq_idx ON prescribing.version USING btree (tx, seq);

CREATE INDEX amount_type_fhir_id_idx ON records.amount USING btree (type, fhir_id);

CREATE INDEX amount_type_name_high_low_owner_fhir_id_version_idx ON records.amount USING btree (type, name, high, low) INCLUDE (owner, fhir_id, version);

CREATE INDEX amount_type_name_low_high_owner_fhir_id_version_idx ON records.amount USING btree (type, name, low, high) INCLUDE (owner, fhir_id, version);

CREATE INDEX bringing_app_id_institution_id_idx ON records.bringing USING btree (app_id, institution_id) WHERE (state = ANY (ARRAY['open'::text, 'running'::text]));

CREATE INDEX bringing_asked_at_id_idx ON records.bringing USING btree (asked_at, id) WHERE (state = 'running'::text);

CREATE INDEX bringing_untidied ON records.bringing USING btree (id) WHERE ((tidied_at IS NULL) AND (state = ANY (ARRAY['done'::text, 'cancelled'::text, 'failed'::text])));

CREATE UNIQUE INDEX draft_tx_seq_idx ON records.draft USING btree (tx, seq);

CREATE INDEX draft_visit_id_seq_idx ON records.draft USING btree (visit_id, seq);

CREATE INDEX link_to_type_to_id_type_name_idx ON records.link USING btree (to_type, to_id, type, name);

CREATE INDEX link_type_fhir_id_idx ON records.link USING btree (type, fhir_id);

CREATE INDEX moment_type_fhir_id_idx ON records.moment USING btree (type, fhir_id);

CREATE INDEX moment_type_name_low_high_idx ON records.moment USING btree (type, name, low, high);

CREATE INDEX notice_subscription_id_n_idx ON records.notice USING btree (subscription_id, n) WHERE (done_at IS NULL);

CREATE INDEX refusal_import_id_seq_idx ON records.refusal USING btree (import_id, seq);

CREATE UNIQUE INDEX release_tx_seq_idx ON records.release USING btree (tx, seq);

CREATE INDEX resource_encounter_idx ON records.resource USING btree (encounter) WHERE (encounter IS NOT NULL);

CREATE INDEX resource_holder_id_owner_idx ON records.resource USING btree (holder_id, owner) WHERE ((released_at IS NULL) AND ((app_id IS NOT NULL) OR by_import));

CREATE INDEX resource_owner_at_type_fhir_id_idx ON records.resource USING btree (owner, at DESC, type DESC, fhir_id DESC) WHERE (type <> 'Observation'::text);

CREATE INDEX resource_owner_type_at_fhir_id_idx ON records.resource USING btree (owner, type, at DESC, fhir_id DESC);

CREATE INDEX resource_type_at_fhir_id_idx ON records.resource USING btree (type, at DESC, fhir_id DESC);

CREATE INDEX resource_unfiled ON records.resource USING btree (type, fhir_id) WHERE (filed < 3);

CREATE INDEX subscription_about_id_idx ON records.subscription USING btree (about, id);

CREATE INDEX subscription_app_id_institution_id_id_idx ON records.subscription USING btree (app_id, institution_id, id);

CREATE INDEX subscription_approval_id_idx ON records.subscription USING btree (approval_id) WHERE (state = ANY (ARRAY['requested'::text, 'active'::text, 'error'::text]));

CREATE UNIQUE INDEX subscription_binding_idx ON records.subscription USING btree (binding) WHERE (binding IS NOT NULL);

CREATE INDEX subscription_for_person_id_id_idx ON records.subscription USING btree (for_person_id, id) WHERE (for_person_id IS NOT NULL);

CREATE INDEX subscription_id_idx ON records.subscription USING btree (id) WHERE ((left_off IS NOT NULL) AND (state = ANY (ARRAY['active'::text, 'error'::text])));

CREATE INDEX subscription_institution_id_id_idx ON records.subscription USING btree (institution_id, id);

CREATE INDEX subscription_person_id_id_idx ON records.subscription USING btree (person_id, id);

CREATE INDEX subscription_type_idx ON records.subscription USING btree (type) WHERE (state = ANY (ARRAY['active'::text, 'error'::text]));

CREATE INDEX subscription_until_idx ON records.subscription USING btree (until) WHERE (state = ANY (ARRAY['requested'::text, 'active'::text, 'error'::text]));

CREATE INDEX token_owner_type_value_at_idx ON records.token USING btree (owner, type, value, at DESC) WHERE (name = 'code'::text);

CREATE INDEX token_type_fhir_id_idx ON records.token USING btree (type, fhir_id);

CREATE INDEX token_type_name_substr_idx ON records.token USING btree (type, name, substr(value, (strpos(value, '|'::text) + 1)));

CREATE INDEX token_type_name_value_idx ON records.token USING btree (type, name, value);

CREATE INDEX token_type_value_at_owner_idx ON records.token USING btree (type, value, at DESC, owner) WHERE ((name = 'code'::text) AND (part >= 0));

CREATE INDEX version_holder_id_at_seq_idx ON records.version USING btree (holder_id, at DESC, seq DESC);

CREATE UNIQUE INDEX version_tx_seq_idx ON records.version USING btree (tx, seq);

CREATE INDEX word_pieces_idx ON records.word USING gin (records.pieces(value)) WHERE (name !~~ '%:text'::text);

CREATE INDEX word_type_fhir_id_idx ON records.word USING btree (type, fhir_id);

CREATE INDEX word_type_name_value_idx ON records.word USING btree (type, name, value);

CREATE INDEX certificate_post_id_at_idx ON signatures.certificate USING btree (post_id, at);

CREATE UNIQUE INDEX certificate_post_id_idx ON signatures.certificate USING btree (post_id) WHERE (state = ANY (ARRAY['asked'::text, 'issued'::text]));

CREATE UNIQUE INDEX proof_tx_seq_idx ON signatures.proof USING btree (tx, seq);

CREATE INDEX signature_post_id_at_idx ON signatures.signature USING btree (post_id, at) WHERE (state = 'refused'::text);

CREATE INDEX signature_subject_type_subject_id_at_idx ON signatures.signature USING btree (subject_type, subject_id, at);

CREATE UNIQUE INDEX signature_subject_type_subject_id_digest_idx ON signatures.signature USING btree (subject_type, subject_id, digest) WHERE (state = ANY (ARRAY['asked'::text, 'signed'::text]));

CREATE INDEX unlocking_post_id_at_idx ON signatures.unlocking USING btree (post_id, at);

CREATE UNIQUE INDEX unlocking_post_id_idx ON signatures.unlocking USING btree (post_id) WHERE (state = ANY (ARRAY['asked'::text, 'open'::text]));

CREATE INDEX case_institution_id_id_idx ON supervision."case" USING btree (institution_id, id);

CREATE INDEX case_visit_id_idx ON supervision."case" USING btree (visit_id);

CREATE INDEX tally_day_idx ON supervision.tally USING btree (day);

CREATE UNIQUE INDEX trail_seal_tx_seq_idx ON supervision.trail_seal USING btree (tx, seq);

CREATE UNIQUE INDEX trail_tx_seq_idx ON supervision.trail USING btree (tx, seq);

CREATE INDEX upload_day_institution_id_kind_idx ON supervision.upload USING btree (day, institution_id, kind);

CREATE INDEX upload_due_at_idx ON supervision.upload USING btree (due_at) WHERE (state <> 'receipted'::text);

CREATE INDEX upload_institution_id_id_idx ON supervision.upload USING btree (institution_id, id);

CREATE INDEX upload_institution_id_state_idx ON supervision.upload USING btree (institution_id, state) WHERE (state = ANY (ARRAY['sent'::text, 'refused'::text]));

CREATE INDEX upload_kind_id_idx ON supervision.upload USING btree (kind, id);

CREATE INDEX upload_receipt_idx ON supervision.upload USING btree (receipt) WHERE (receipt <> ''::text);

CREATE INDEX upload_visit_id_idx ON supervision.upload USING btree (visit_id) WHERE (visit_id IS NOT NULL);

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON access.export_fetch FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON access.export_person FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON access.export_vote FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON access.log FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON access.approval FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON access.permission FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON accounts.hat FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON accounts.client FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON accounts.lease FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON billing.entry FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON billing.line FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON billing.price FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON billing.receipt FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON billing.refunded_line FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON billing.entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.check_posting();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON booking.no_show FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON consult.agreement FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON consult.message FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON consult.proof FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON consult.rating FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON consult.transcript FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON files.file FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON insurance.line FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON insurance.rating FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON insurance.split FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON kernel.history FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON kernel.seal FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON orders.call FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON orders.result FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON people.code_used FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON pharmacy.returned FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON pharmacy.tick FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON prescribing.approval FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON prescribing.document FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON prescribing.review FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON prescribing.version FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON records.draft FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON records.refusal FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON records.release FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON records.segment FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON records.version FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON signatures.proof FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON supervision.trail FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON supervision.trail_seal FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

ALTER TABLE ONLY access.export
    ADD CONSTRAINT export_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES access.approval(id);

ALTER TABLE ONLY access.export_fetch
    ADD CONSTRAINT export_fetch_export_id_fkey FOREIGN KEY (export_id) REFERENCES access.export(id);

ALTER TABLE ONLY access.export_person
    ADD CONSTRAINT export_person_export_id_fkey FOREIGN KEY (export_id) REFERENCES access.export(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY access.export_vote
    ADD CONSTRAINT export_vote_export_id_fkey FOREIGN KEY (export_id) REFERENCES access.export(id);

ALTER TABLE ONLY access.permission
    ADD CONSTRAINT permission_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES access.approval(id);

ALTER TABLE ONLY accounts.ask
    ADD CONSTRAINT ask_client_id_fkey FOREIGN KEY (client_id) REFERENCES accounts.client(id);

ALTER TABLE ONLY accounts.ask
    ADD CONSTRAINT ask_launch_fkey FOREIGN KEY (launch) REFERENCES accounts.launch(digest);

ALTER TABLE ONLY accounts.assertion
    ADD CONSTRAINT assertion_client_id_fkey FOREIGN KEY (client_id) REFERENCES accounts.client(id);

ALTER TABLE ONLY accounts.grant_code
    ADD CONSTRAINT grant_code_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES accounts.lease(id);

ALTER TABLE ONLY accounts.hat
    ADD CONSTRAINT hat_digest_fkey FOREIGN KEY (digest) REFERENCES accounts.session(digest);

ALTER TABLE ONLY accounts.key_set
    ADD CONSTRAINT key_set_client_id_fkey FOREIGN KEY (client_id) REFERENCES accounts.client(id);

ALTER TABLE ONLY accounts.launch
    ADD CONSTRAINT launch_client_id_fkey FOREIGN KEY (client_id) REFERENCES accounts.client(id);

ALTER TABLE ONLY accounts.lease
    ADD CONSTRAINT lease_client_id_fkey FOREIGN KEY (client_id) REFERENCES accounts.client(id);

ALTER TABLE ONLY accounts.lease
    ADD CONSTRAINT lease_session_fkey FOREIGN KEY (session) REFERENCES accounts.session(digest);

ALTER TABLE ONLY accounts.session
    ADD CONSTRAINT session_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.account(id);

ALTER TABLE ONLY accounts.token
    ADD CONSTRAINT token_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES accounts.lease(id);

ALTER TABLE ONLY billing.bill
    ADD CONSTRAINT bill_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES billing.payee(institution_id);

ALTER TABLE ONLY billing.books
    ADD CONSTRAINT books_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES billing.payee(institution_id);

ALTER TABLE ONLY billing.difference
    ADD CONSTRAINT difference_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES billing.payee(institution_id);

ALTER TABLE ONLY billing.entry
    ADD CONSTRAINT entry_bill_id_fkey FOREIGN KEY (bill_id) REFERENCES billing.bill(id);

ALTER TABLE ONLY billing.entry
    ADD CONSTRAINT entry_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES billing.payment(id);

ALTER TABLE ONLY billing.entry
    ADD CONSTRAINT entry_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES billing.refund(id);

ALTER TABLE ONLY billing.line
    ADD CONSTRAINT line_bill_id_fkey FOREIGN KEY (bill_id) REFERENCES billing.bill(id);

ALTER TABLE ONLY billing.payment
    ADD CONSTRAINT payment_bill_id_fkey FOREIGN KEY (bill_id) REFERENCES billing.bill(id);

ALTER TABLE ONLY billing.receipt
    ADD CONSTRAINT receipt_bill_id_fkey FOREIGN KEY (bill_id) REFERENCES billing.bill(id);

ALTER TABLE ONLY billing.receipt
    ADD CONSTRAINT receipt_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES billing.refund(id);

ALTER TABLE ONLY billing.refund
    ADD CONSTRAINT refund_bill_id_fkey FOREIGN KEY (bill_id) REFERENCES billing.bill(id);

ALTER TABLE ONLY billing.refund
    ADD CONSTRAINT refund_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES billing.payment(id);

ALTER TABLE ONLY billing.refunded_line
    ADD CONSTRAINT refunded_line_bill_id_number_fkey FOREIGN KEY (bill_id, number) REFERENCES billing.line(bill_id, number);

ALTER TABLE ONLY billing.refunded_line
    ADD CONSTRAINT refunded_line_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES billing.refund(id);

ALTER TABLE ONLY booking.appointment
    ADD CONSTRAINT appointment_session_id_number_fkey FOREIGN KEY (session_id, number) REFERENCES booking.slot(session_id, number);

ALTER TABLE ONLY booking.no_show
    ADD CONSTRAINT no_show_appointment_id_fkey FOREIGN KEY (appointment_id) REFERENCES booking.appointment(id);

ALTER TABLE ONLY booking.session
    ADD CONSTRAINT session_routine_id_fkey FOREIGN KEY (routine_id) REFERENCES booking.routine(id);

ALTER TABLE ONLY booking.slot
    ADD CONSTRAINT slot_session_id_fkey FOREIGN KEY (session_id) REFERENCES booking.session(id);

ALTER TABLE ONLY booking.waiting
    ADD CONSTRAINT waiting_appointment_id_fkey FOREIGN KEY (appointment_id) REFERENCES booking.appointment(id);

ALTER TABLE ONLY booking.waiting
    ADD CONSTRAINT waiting_session_id_fkey FOREIGN KEY (session_id) REFERENCES booking.session(id);

ALTER TABLE ONLY consult.message
    ADD CONSTRAINT message_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES consult.visit(id);

ALTER TABLE ONLY consult.proof
    ADD CONSTRAINT proof_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES consult.visit(id);

ALTER TABLE ONLY consult.rating
    ADD CONSTRAINT rating_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES consult.visit(id);

ALTER TABLE ONLY consult.transcript
    ADD CONSTRAINT transcript_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES consult.visit(id);

ALTER TABLE ONLY insurance.claim
    ADD CONSTRAINT claim_cover_id_fkey FOREIGN KEY (cover_id) REFERENCES insurance.cover(id);

ALTER TABLE ONLY insurance.line
    ADD CONSTRAINT line_claim_id_fkey FOREIGN KEY (claim_id) REFERENCES insurance.claim(id);

ALTER TABLE ONLY insurance.rating
    ADD CONSTRAINT rating_claim_id_number_fkey FOREIGN KEY (claim_id, number) REFERENCES insurance.line(claim_id, number);

ALTER TABLE ONLY insurance.split
    ADD CONSTRAINT split_claim_id_fkey FOREIGN KEY (claim_id) REFERENCES insurance.claim(id);

ALTER TABLE ONLY orders.call
    ADD CONSTRAINT call_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders."order"(id);

ALTER TABLE ONLY orders.result
    ADD CONSTRAINT result_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders."order"(id);

ALTER TABLE ONLY orders.specimen
    ADD CONSTRAINT specimen_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders."order"(id);

ALTER TABLE ONLY people.card
    ADD CONSTRAINT card_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.person(id);

ALTER TABLE ONLY people.code_used
    ADD CONSTRAINT code_used_card_id_fkey FOREIGN KEY (card_id) REFERENCES people.card(id);

ALTER TABLE ONLY people.department
    ADD CONSTRAINT department_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES people.institution(id);

ALTER TABLE ONLY people.duty
    ADD CONSTRAINT duty_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES people.institution(id);

ALTER TABLE ONLY people.duty
    ADD CONSTRAINT duty_post_id_fkey FOREIGN KEY (post_id) REFERENCES people.post(id);

ALTER TABLE ONLY people.filing
    ADD CONSTRAINT filing_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES people.institution(id);

ALTER TABLE ONLY people.filing
    ADD CONSTRAINT filing_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.person(id);

ALTER TABLE ONLY people.institution
    ADD CONSTRAINT institution_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES people.institution(id);

ALTER TABLE ONLY people.kin
    ADD CONSTRAINT kin_holder_id_fkey FOREIGN KEY (holder_id) REFERENCES people.person(id);

ALTER TABLE ONLY people.kin
    ADD CONSTRAINT kin_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES people.person(id);

ALTER TABLE ONLY people.known_as
    ADD CONSTRAINT known_as_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.person(id);

ALTER TABLE ONLY people.licence
    ADD CONSTRAINT licence_main_institution_id_fkey FOREIGN KEY (main_institution_id) REFERENCES people.institution(id);

ALTER TABLE ONLY people.licence
    ADD CONSTRAINT licence_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.person(id);

ALTER TABLE ONLY people.person
    ADD CONSTRAINT person_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES people.person(id);

ALTER TABLE ONLY people.post
    ADD CONSTRAINT post_department_id_fkey FOREIGN KEY (department_id) REFERENCES people.department(id);

ALTER TABLE ONLY people.post
    ADD CONSTRAINT post_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES people.institution(id);

ALTER TABLE ONLY people.post
    ADD CONSTRAINT post_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.person(id);

ALTER TABLE ONLY people.training
    ADD CONSTRAINT training_person_id_fkey FOREIGN KEY (person_id) REFERENCES people.person(id);

ALTER TABLE ONLY pharmacy.line
    ADD CONSTRAINT line_sale_id_fkey FOREIGN KEY (sale_id) REFERENCES pharmacy.sale(id);

ALTER TABLE ONLY pharmacy.pack
    ADD CONSTRAINT pack_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES pharmacy.batch(id);

ALTER TABLE ONLY pharmacy.returned
    ADD CONSTRAINT returned_sale_id_fkey FOREIGN KEY (sale_id) REFERENCES pharmacy.sale(id);

ALTER TABLE ONLY pharmacy.returned
    ADD CONSTRAINT returned_trace_code_fkey FOREIGN KEY (trace_code) REFERENCES pharmacy.pack(trace_code);

ALTER TABLE ONLY pharmacy.sale
    ADD CONSTRAINT sale_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES pharmacy.seller(institution_id);

ALTER TABLE ONLY pharmacy.scan
    ADD CONSTRAINT scan_sale_id_number_fkey FOREIGN KEY (sale_id, number) REFERENCES pharmacy.line(sale_id, number);

ALTER TABLE ONLY pharmacy.scan
    ADD CONSTRAINT scan_trace_code_fkey FOREIGN KEY (trace_code) REFERENCES pharmacy.pack(trace_code);

ALTER TABLE ONLY pharmacy.tick
    ADD CONSTRAINT tick_sale_id_fkey FOREIGN KEY (sale_id) REFERENCES pharmacy.sale(id);

ALTER TABLE ONLY prescribing.claim
    ADD CONSTRAINT claim_prescription_id_fkey FOREIGN KEY (prescription_id) REFERENCES prescribing.prescription(id);

ALTER TABLE ONLY prescribing.document
    ADD CONSTRAINT document_prescription_id_version_fkey FOREIGN KEY (prescription_id, version) REFERENCES prescribing.version(prescription_id, number);

ALTER TABLE ONLY prescribing.prescription
    ADD CONSTRAINT prescription_document_id_fkey FOREIGN KEY (document_id) REFERENCES prescribing.document(id) DEFERRABLE;

ALTER TABLE ONLY prescribing.review
    ADD CONSTRAINT review_document_id_fkey FOREIGN KEY (document_id) REFERENCES prescribing.document(id);

ALTER TABLE ONLY prescribing.review
    ADD CONSTRAINT review_prescription_id_fkey FOREIGN KEY (prescription_id) REFERENCES prescribing.prescription(id);

ALTER TABLE ONLY prescribing.version
    ADD CONSTRAINT version_prescription_id_fkey FOREIGN KEY (prescription_id) REFERENCES prescribing.prescription(id);

ALTER TABLE ONLY records.brought
    ADD CONSTRAINT brought_import_id_fkey FOREIGN KEY (import_id) REFERENCES records.bringing(id);

ALTER TABLE ONLY records.notice
    ADD CONSTRAINT notice_subscription_id_fkey FOREIGN KEY (subscription_id) REFERENCES records.subscription(id);

ALTER TABLE ONLY records.refusal
    ADD CONSTRAINT refusal_import_id_fkey FOREIGN KEY (import_id) REFERENCES records.bringing(id);

ALTER TABLE ONLY records.segment
    ADD CONSTRAINT segment_import_id_fkey FOREIGN KEY (import_id) REFERENCES records.bringing(id);

ALTER TABLE ONLY signatures.proof
    ADD CONSTRAINT proof_signature_id_fkey FOREIGN KEY (signature_id) REFERENCES signatures.signature(id);

ALTER TABLE ONLY signatures.signature
    ADD CONSTRAINT signature_certificate_id_fkey FOREIGN KEY (certificate_id) REFERENCES signatures.certificate(id);

ALTER TABLE ONLY signatures.unlocking
    ADD CONSTRAINT unlocking_certificate_id_fkey FOREIGN KEY (certificate_id) REFERENCES signatures.certificate(id);
