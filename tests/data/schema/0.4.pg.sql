CREATE TABLE public.ots_alerts (
    id bigint NOT NULL,
    group_set bigint NOT NULL,
    device text,
    uid text NOT NULL COLLATE pg_catalog."C",
    username text NOT NULL,
    type text NOT NULL,
    callsign text,
    started bigint NOT NULL,
    last bigint NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    cancelled bigint NOT NULL
);
CREATE TABLE public.ots_casevacs (
    id bigint NOT NULL,
    group_set bigint NOT NULL,
    device text,
    uid text NOT NULL COLLATE pg_catalog."C",
    callsign text,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    title text,
    facts text
);
CREATE TABLE public.ots_cells (
    cell bigint NOT NULL
);
CREATE TABLE public.ots_certificates (
    sha256 text NOT NULL COLLATE pg_catalog."C",
    serial text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    uid text NOT NULL,
    issued bigint NOT NULL,
    not_before bigint NOT NULL,
    not_after bigint NOT NULL,
    revoked bigint NOT NULL
);
CREATE TABLE public.ots_chat_members (
    room text NOT NULL COLLATE pg_catalog."C",
    uid text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.ots_chatrooms (
    id text NOT NULL COLLATE pg_catalog."C",
    name text,
    parent text,
    owner text
)
WITH (fillfactor='60');
CREATE TABLE public.ots_chats (
    id bigint NOT NULL,
    group_set bigint NOT NULL,
    device text,
    uid text NOT NULL COLLATE pg_catalog."C",
    room text COLLATE pg_catalog."C",
    sender_uid text COLLATE pg_catalog."C",
    sender_callsign text,
    username text COLLATE pg_catalog."C",
    text text,
    "time" bigint NOT NULL,
    message text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.ots_choices (
    user_id bigint NOT NULL,
    device text NOT NULL COLLATE pg_catalog."C",
    group_id bigint NOT NULL,
    direction bigint NOT NULL,
    active boolean NOT NULL,
    chosen_by text NOT NULL,
    rev bigint NOT NULL,
    CONSTRAINT ots_choices_direction_check CHECK ((direction = ANY (ARRAY[(1)::bigint, (2)::bigint])))
);
CREATE TABLE public.ots_connections (
    conn text NOT NULL COLLATE pg_catalog."C",
    username text,
    serial text,
    via text,
    peer text,
    opened bigint,
    closed bigint,
    why text,
    device text,
    incognito bigint,
    own_groups text
)
WITH (fillfactor='60');
CREATE TABLE public.ots_counters (
    name text NOT NULL,
    value bigint NOT NULL
);
CREATE TABLE public.ots_deletions (
    id bigint NOT NULL,
    group_set bigint NOT NULL,
    device text,
    uid text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.ots_devices (
    uid text NOT NULL COLLATE pg_catalog."C",
    callsign text COLLATE pg_catalog."C",
    team text,
    role text,
    device text,
    platform text,
    os text,
    version text,
    phone text,
    endpoint text,
    username text,
    type text,
    first_seen bigint NOT NULL,
    last_seen bigint NOT NULL,
    last_event bigint,
    group_set bigint,
    stale bigint,
    lat double precision,
    lon double precision,
    hae double precision,
    speed double precision,
    course double precision,
    battery bigint,
    conn text COLLATE pg_catalog."C",
    connected_at bigint,
    disconnected_at bigint,
    shown bigint
)
WITH (fillfactor='60');
CREATE TABLE public.ots_events (
    id bigint NOT NULL,
    uid text NOT NULL COLLATE pg_catalog."C",
    username text COLLATE pg_catalog."C",
    cell bigint,
    type_id bigint NOT NULL,
    how text NOT NULL,
    "time" bigint NOT NULL,
    start bigint NOT NULL,
    stale bigint NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    hae double precision NOT NULL,
    ce double precision NOT NULL,
    le double precision NOT NULL,
    device text,
    callsign text,
    group_set bigint NOT NULL,
    xml text NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_insert_scale_factor='0.1');
CREATE TABLE public.ots_fileshares (
    id bigint NOT NULL,
    group_set bigint NOT NULL,
    device text,
    uid text NOT NULL,
    title text,
    facts text
);
CREATE TABLE public.ots_group_set_members (
    group_name text NOT NULL COLLATE pg_catalog."C",
    group_set bigint NOT NULL
);
CREATE TABLE public.ots_group_sets (
    id bigint NOT NULL,
    hash bigint NOT NULL,
    names text NOT NULL
);
CREATE TABLE public.ots_groups (
    id bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    description text NOT NULL,
    bitpos bigint NOT NULL,
    created bigint NOT NULL
);
CREATE TABLE public.ots_items (
    id bigint NOT NULL,
    group_set bigint NOT NULL,
    device text,
    uid text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    type text NOT NULL,
    callsign text,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    remarks text,
    color text,
    iconset text,
    parent text,
    deleted bigint NOT NULL
);
CREATE TABLE public.ots_latest (
    uid text NOT NULL COLLATE pg_catalog."C",
    id bigint NOT NULL,
    username text,
    type_id bigint NOT NULL,
    how text NOT NULL,
    "time" bigint NOT NULL,
    start bigint NOT NULL,
    stale bigint NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    hae double precision NOT NULL,
    ce double precision NOT NULL,
    le double precision NOT NULL,
    device text,
    callsign text,
    group_set bigint NOT NULL,
    xml text NOT NULL
);
CREATE TABLE public.ots_letters (
    id bigint NOT NULL,
    group_set bigint NOT NULL,
    device text,
    uid text NOT NULL,
    username text,
    expires bigint NOT NULL,
    xml text NOT NULL
);
CREATE TABLE public.ots_mail (
    id bigint NOT NULL,
    receiver text NOT NULL COLLATE pg_catalog."C",
    username text NOT NULL,
    receipt text NOT NULL COLLATE pg_catalog."C",
    state bigint DEFAULT 0 NOT NULL,
    tries bigint DEFAULT 0 NOT NULL,
    sent bigint DEFAULT 0 NOT NULL,
    conn text DEFAULT ''::text NOT NULL,
    expires bigint NOT NULL
);
CREATE TABLE public.ots_members (
    user_id bigint NOT NULL,
    group_id bigint NOT NULL,
    direction bigint NOT NULL,
    CONSTRAINT ots_members_direction_check CHECK ((direction = ANY (ARRAY[(1)::bigint, (2)::bigint])))
);
CREATE TABLE public.ots_positions (
    id bigint NOT NULL,
    uid text NOT NULL COLLATE pg_catalog."C",
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    hae double precision NOT NULL,
    ce double precision NOT NULL,
    speed double precision,
    course double precision,
    battery bigint
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_insert_scale_factor='0.1');
CREATE TABLE public.ots_receipts (
    id bigint NOT NULL,
    group_set bigint NOT NULL,
    device text,
    chat text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    who text
);
CREATE TABLE public.ots_schema (
    module text NOT NULL,
    version bigint NOT NULL,
    applied bigint NOT NULL
);
CREATE TABLE public.ots_spool (
    name text NOT NULL COLLATE pg_catalog."C",
    segment bigint NOT NULL,
    off bigint NOT NULL,
    changed bigint NOT NULL
)
WITH (fillfactor='60');
CREATE TABLE public.ots_stats (
    id bigint NOT NULL,
    group_set bigint NOT NULL,
    device text COLLATE pg_catalog."C",
    facts text
);
CREATE TABLE public.ots_store_counters (
    name text NOT NULL,
    value bigint NOT NULL
)
WITH (fillfactor='60');
CREATE TABLE public.ots_types (
    id bigint NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    keep boolean NOT NULL
);
CREATE TABLE public.ots_users (
    id bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    folded text NOT NULL COLLATE pg_catalog."C",
    hash text,
    admin boolean NOT NULL,
    disabled boolean NOT NULL,
    created bigint NOT NULL,
    changed_by text NOT NULL,
    changed_rev bigint NOT NULL
);
CREATE TABLE public.ots_videos (
    id bigint NOT NULL,
    group_set bigint NOT NULL,
    device text,
    uid text NOT NULL COLLATE pg_catalog."C",
    title text,
    facts text
);
CREATE TABLE public.ots_visits (
    id bigint NOT NULL,
    uid text NOT NULL COLLATE pg_catalog."C",
    cell bigint NOT NULL
);
INSERT INTO public.ots_alerts VALUES (1795412957970262, 0, 'hostile-1', 'hostile-12', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 1795412957970262, 1795412957970262, 1.5, 2.5, 0);
INSERT INTO public.ots_casevacs VALUES (1795412957970063, 0, 'hostile-1', 'hostile-9', NULL, 1.5, 2.5, 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', '{"title":"x''); DROP TABLE ots_events; --\\\"$1 %s\\N 💣","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":"1","urgent":"x''); DROP TABLE ots_events; --\\\"$1 %s\\N 💣","zMist":[{"z":"x''); DROP TABLE ots_events; --\\\"$1 %s\\N 💣"}]}');
INSERT INTO public.ots_cells VALUES (32942);
INSERT INTO public.ots_certificates VALUES ('ab00000000000000000000000000000000000000000000000000000000000001', '0a1b', 'client', 'alice', 'ANDROID-1', 1700000000, 1700000000, 1900000000, 0);
INSERT INTO public.ots_chat_members VALUES ('x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 'D1');
INSERT INTO public.ots_chat_members VALUES ('x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣');
INSERT INTO public.ots_chatrooms VALUES ('x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', NULL, NULL);
INSERT INTO public.ots_chats VALUES (1795412957970053, 0, 'hostile-1', 'hostile-8', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 'D1', 'A', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 1714979289000000, 'hostile-8');
INSERT INTO public.ots_choices VALUES (4873277925743495, '', 6944319320570457, 1, false, '', 10);
INSERT INTO public.ots_choices VALUES (7404977012170585, 'ANDROID-1', 6944319320570457, 2, false, '', 11);
INSERT INTO public.ots_connections VALUES ('n.50.1', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', NULL, 'tls', NULL, 1795412957000000, 1795412957000000, 'eof', 'hostile-19', NULL, NULL);
INSERT INTO public.ots_connections VALUES ('n.1.1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'uid-11', NULL, NULL);
INSERT INTO public.ots_connections VALUES ('n.2.1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'uid-12', NULL, NULL);
INSERT INTO public.ots_connections VALUES ('n.3.1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'uid-13', NULL, NULL);
INSERT INTO public.ots_connections VALUES ('n.4.1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'uid-14', NULL, NULL);
INSERT INTO public.ots_connections VALUES ('n.5.1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'uid-15', NULL, NULL);
INSERT INTO public.ots_connections VALUES ('n.6.1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'uid-16', NULL, NULL);
INSERT INTO public.ots_connections VALUES ('n.7.1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'uid-17', NULL, NULL);
INSERT INTO public.ots_connections VALUES ('n.8.1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'uid-18', NULL, NULL);
INSERT INTO public.ots_connections VALUES ('n.9.1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'uid-19', NULL, NULL);
INSERT INTO public.ots_connections VALUES ('n.0.1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'uid-20', NULL, NULL);
INSERT INTO public.ots_connections VALUES ('n.51.1', 'mallory', NULL, NULL, NULL, NULL, NULL, NULL, 'hostile-1', NULL, NULL);
INSERT INTO public.ots_counters VALUES ('users', 3);
INSERT INTO public.ots_counters VALUES ('bitpos', 5);
INSERT INTO public.ots_counters VALUES ('revision', 12);
INSERT INTO public.ots_deletions VALUES (1795412957970277, 0, 'hostile-1', 'hostile-7');
INSERT INTO public.ots_deletions VALUES (1795412957970277, 0, 'hostile-1', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣');
INSERT INTO public.ots_devices VALUES ('uid-1', 'c1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860815, 1795412957860815, 1795412957860815, 1, 1714979349000000, 1.5, 2.5, 3, 1, 1, 1, 'n.1.1', 1795412957860815, NULL, 1795412957860815);
INSERT INTO public.ots_devices VALUES ('uid-2', 'c2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860950, 1795412957860950, 1795412957860950, 1, 1714979349000000, 1.5, 2.5, 3, 1, 2, 2, 'n.2.1', 1795412957860950, NULL, 1795412957860950);
INSERT INTO public.ots_devices VALUES ('uid-3', 'c3', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860956, 1795412957860956, 1795412957860956, 1, 1714979349000000, 1.5, 2.5, 3, 1, 3, 3, 'n.3.1', 1795412957860956, NULL, 1795412957860956);
INSERT INTO public.ots_devices VALUES ('uid-4', 'c4', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860959, 1795412957860959, 1795412957860959, 1, 1714979349000000, 1.5, 2.5, 3, 1, 4, 4, 'n.4.1', 1795412957860959, NULL, 1795412957860959);
INSERT INTO public.ots_devices VALUES ('uid-5', 'c5', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860962, 1795412957860962, 1795412957860962, 1, 1714979349000000, 1.5, 2.5, 3, 1, 5, 5, 'n.5.1', 1795412957860962, NULL, 1795412957860962);
INSERT INTO public.ots_devices VALUES ('uid-6', 'c6', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860964, 1795412957860964, 1795412957860964, 1, 1714979349000000, 1.5, 2.5, 3, 1, 6, 6, 'n.6.1', 1795412957860964, NULL, 1795412957860964);
INSERT INTO public.ots_devices VALUES ('uid-7', 'c7', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860967, 1795412957860967, 1795412957860967, 1, 1714979349000000, 1.5, 2.5, 3, 1, 7, 7, 'n.7.1', 1795412957860967, NULL, 1795412957860967);
INSERT INTO public.ots_devices VALUES ('uid-8', 'c8', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860972, 1795412957860972, 1795412957860972, 1, 1714979349000000, 1.5, 2.5, 3, 1, 8, 8, 'n.8.1', 1795412957860972, NULL, 1795412957860972);
INSERT INTO public.ots_devices VALUES ('uid-9', 'c9', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860976, 1795412957860976, 1795412957860976, 1, 1714979349000000, 1.5, 2.5, 3, 1, 9, 9, 'n.9.1', 1795412957860976, NULL, 1795412957860976);
INSERT INTO public.ots_devices VALUES ('uid-10', 'c10', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860979, 1795412957860979, 1795412957860979, 1, 1714979349000000, 1.5, 2.5, 3, 1, 10, 10, 'n.0.1', 1795412957860979, NULL, 1795412957860979);
INSERT INTO public.ots_devices VALUES ('uid-11', 'c11', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860984, 1795412957860984, 1795412957860984, 1, 1714979349000000, 1.5, 2.5, 3, 1, 11, 11, 'n.1.1', 1795412957860984, NULL, 1795412957860984);
INSERT INTO public.ots_devices VALUES ('uid-12', 'c12', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860986, 1795412957860986, 1795412957860986, 1, 1714979349000000, 1.5, 2.5, 3, 1, 12, 12, 'n.2.1', 1795412957860986, NULL, 1795412957860986);
INSERT INTO public.ots_devices VALUES ('uid-13', 'c13', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860988, 1795412957860988, 1795412957860988, 1, 1714979349000000, 1.5, 2.5, 3, 1, 13, 13, 'n.3.1', 1795412957860988, NULL, 1795412957860988);
INSERT INTO public.ots_devices VALUES ('uid-14', 'c14', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860992, 1795412957860992, 1795412957860992, 1, 1714979349000000, 1.5, 2.5, 3, 1, 14, 14, 'n.4.1', 1795412957860992, NULL, 1795412957860992);
INSERT INTO public.ots_devices VALUES ('uid-15', 'c15', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860994, 1795412957860994, 1795412957860994, 1, 1714979349000000, 1.5, 2.5, 3, 1, 15, 15, 'n.5.1', 1795412957860994, NULL, 1795412957860994);
INSERT INTO public.ots_devices VALUES ('uid-16', 'c16', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860996, 1795412957860996, 1795412957860996, 1, 1714979349000000, 1.5, 2.5, 3, 1, 16, 16, 'n.6.1', 1795412957860996, NULL, 1795412957860996);
INSERT INTO public.ots_devices VALUES ('uid-17', 'c17', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957860999, 1795412957860999, 1795412957860999, 1, 1714979349000000, 1.5, 2.5, 3, 1, 17, 17, 'n.7.1', 1795412957860999, NULL, 1795412957860999);
INSERT INTO public.ots_devices VALUES ('uid-18', 'c18', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957861001, 1795412957861001, 1795412957861001, 1, 1714979349000000, 1.5, 2.5, 3, 1, 18, 18, 'n.8.1', 1795412957861001, NULL, 1795412957861001);
INSERT INTO public.ots_devices VALUES ('uid-19', 'c19', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957861003, 1795412957861003, 1795412957861003, 1, 1714979349000000, 1.5, 2.5, 3, 1, 19, 19, 'n.9.1', 1795412957861003, NULL, 1795412957861003);
INSERT INTO public.ots_devices VALUES ('uid-20', 'c20', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', NULL, 'a-f-G-U-C', 1795412957861006, 1795412957861006, 1795412957861006, 1, 1714979349000000, 1.5, 2.5, 3, 1, 20, 20, 'n.0.1', 1795412957861006, NULL, 1795412957861006);
INSERT INTO public.ots_devices VALUES ('hostile-1', 'B', 'Plaid', 'Jester', NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', 'mallory', 'a-f-G-U-C', 1795412957967996, 1795412957970410, 1795412957968068, 0, 1714979349000000, 1.5, 2.5, 3, NULL, NULL, NULL, '', 1795412957970009, 1795412957000000, 0);
INSERT INTO public.ots_devices VALUES ('hostile-2', 'A', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', 'mallory', 'a-f-G-U-C', 1795412957968058, 1795412957968058, 1795412957968058, 0, 1714979349000000, 1.5, 2.5, 3, NULL, NULL, NULL, 'n.51.1', 1795412957968058, NULL, 1795412957968058);
INSERT INTO public.ots_devices VALUES ('hostile-7x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', NULL, 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', NULL, NULL, '*:-1:stcp', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 'a-f-G-U-C', 1795412957970040, 1795412957970040, 1795412957970040, 0, 1714979349000000, 1.5, 2.5, 3, NULL, NULL, NULL, '', 1795412957970040, 1795412957000000, 0);
INSERT INTO public.ots_devices VALUES ('hostile-19', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '*:-1:stcp', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 'a-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 1795412957970400, 1795412957970400, 1795412957970400, 0, 1714979349000000, 1.5, 2.5, 3, NULL, NULL, NULL, '', 1795412957970400, 1795412957000000, 0);
INSERT INTO public.ots_events VALUES (1795412957860815, 'uid-1', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-1', 'c1', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-1" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c1" endpoint="*:-1:stcp"/><track speed="1" course="1"/><status battery="1"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860950, 'uid-2', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-2', 'c2', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-2" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c2" endpoint="*:-1:stcp"/><track speed="1" course="2"/><status battery="2"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860956, 'uid-3', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-3', 'c3', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-3" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c3" endpoint="*:-1:stcp"/><track speed="1" course="3"/><status battery="3"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860959, 'uid-4', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-4', 'c4', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-4" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c4" endpoint="*:-1:stcp"/><track speed="1" course="4"/><status battery="4"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860962, 'uid-5', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-5', 'c5', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-5" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c5" endpoint="*:-1:stcp"/><track speed="1" course="5"/><status battery="5"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860964, 'uid-6', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-6', 'c6', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-6" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c6" endpoint="*:-1:stcp"/><track speed="1" course="6"/><status battery="6"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860967, 'uid-7', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-7', 'c7', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-7" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c7" endpoint="*:-1:stcp"/><track speed="1" course="7"/><status battery="7"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860972, 'uid-8', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-8', 'c8', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-8" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c8" endpoint="*:-1:stcp"/><track speed="1" course="8"/><status battery="8"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860976, 'uid-9', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-9', 'c9', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-9" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c9" endpoint="*:-1:stcp"/><track speed="1" course="9"/><status battery="9"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860979, 'uid-10', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-10', 'c10', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-10" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c10" endpoint="*:-1:stcp"/><track speed="1" course="10"/><status battery="10"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860984, 'uid-11', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-11', 'c11', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-11" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c11" endpoint="*:-1:stcp"/><track speed="1" course="11"/><status battery="11"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860986, 'uid-12', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-12', 'c12', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-12" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c12" endpoint="*:-1:stcp"/><track speed="1" course="12"/><status battery="12"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860988, 'uid-13', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-13', 'c13', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-13" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c13" endpoint="*:-1:stcp"/><track speed="1" course="13"/><status battery="13"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860992, 'uid-14', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-14', 'c14', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-14" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c14" endpoint="*:-1:stcp"/><track speed="1" course="14"/><status battery="14"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860994, 'uid-15', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-15', 'c15', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-15" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c15" endpoint="*:-1:stcp"/><track speed="1" course="15"/><status battery="15"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860996, 'uid-16', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-16', 'c16', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-16" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c16" endpoint="*:-1:stcp"/><track speed="1" course="16"/><status battery="16"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957860999, 'uid-17', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-17', 'c17', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-17" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c17" endpoint="*:-1:stcp"/><track speed="1" course="17"/><status battery="17"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957861001, 'uid-18', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-18', 'c18', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-18" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c18" endpoint="*:-1:stcp"/><track speed="1" course="18"/><status battery="18"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957861003, 'uid-19', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-19', 'c19', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-19" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c19" endpoint="*:-1:stcp"/><track speed="1" course="19"/><status battery="19"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957861006, 'uid-20', NULL, 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'uid-20', 'c20', 1, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="uid-20" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="c20" endpoint="*:-1:stcp"/><track speed="1" course="20"/><status battery="20"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957967996, 'hostile-1', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', 'A', 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="hostile-1" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="A" endpoint="*:-1:stcp"/><__group name="Plaid" role="Jester"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957968058, 'hostile-2', 'mallory', 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-2', 'A', 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="hostile-2" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="A" endpoint="*:-1:stcp"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957968068, 'hostile-1', 'mallory', 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', 'B', 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="hostile-1" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="B" endpoint="*:-1:stcp"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970009, 'hostile-4', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 11, 'm-g', 1714972089123000, 1714972089123000, 1714972149123000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T05:08:09.123Z" start="2024-05-06T05:08:09.123Z" stale="2024-05-06T05:09:09.123Z" type="a-f-G-U-C" uid="hostile-4" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail/></event>');
INSERT INTO public.ots_events VALUES (1795412957970023, 'hostile-5', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 4294967295999000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2106-02-07T06:28:15.999Z" type="a-f-G-U-C" uid="hostile-5" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail/></event>');
INSERT INTO public.ots_events VALUES (1795412957970030, 'hostile-6', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 11, 'm-g', 0, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="1970-01-01T00:00:00.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="hostile-6" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail/></event>');
INSERT INTO public.ots_events VALUES (1795412957970040, 'hostile-7x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-7x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="hostile-7x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣" endpoint="*:-1:stcp"/><__group name="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣" role="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣"/><takv device="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣" os="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣"/><remarks>x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣</remarks></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970053, 'hostile-8', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 10, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="b-t-f" uid="hostile-8" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><__chat id="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣" chatroom="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣" senderCallsign="A"><chatgrp uid0="D1" uid1="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣"/></__chat><remarks>x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣</remarks></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970063, 'hostile-9', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 9, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="b-r-f-h-c" uid="hostile-9" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><_medevac_ title="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa="1" urgent="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣"><zMist z="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣"/></_medevac_></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970245, 'hostile-10', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="hostile-10" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><__video url="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970254, 'hostile-11', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 8, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="b-f-t-r" uid="hostile-11" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><fileshare filename="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970262, 'hostile-12', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 7, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="b-a-o-tbl" uid="hostile-12" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><emergency type="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣">x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣</emergency></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970270, 'hostile-13', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 6, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="t-x-c-m" uid="hostile-13" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><stats battery="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970277, 'hostile-14', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 5, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="t-x-d-d" uid="hostile-14" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><link uid="x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣"/><link uid="hostile-7"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970285, 'hostile-15', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', NULL, 4, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 0, 0, 1e+300, -1e-300, 9999999, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="b-m-r" uid="hostile-15" how="m-g"><point lat="0" lon="0" hae="1e300" ce="-1e-300" le="9999999"/><detail/></event>');
INSERT INTO public.ots_events VALUES (1795412957970292, 'hostile-16', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 3, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="u-d-f" uid="hostile-16" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><remarks>&#9;&#10;&#13;􏿿</remarks></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970299, 'hostile-17', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="hostile-17" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970309, 'hostile-18', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 11, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G-U-C" uid="hostile-18" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><track speed="1e308" course="nan"/><status battery="99999999999999999999"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970400, 'hostile-19', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 2, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-19', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" uid="hostile-19" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail><contact callsign="nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" endpoint="*:-1:stcp"/></detail></event>');
INSERT INTO public.ots_events VALUES (1795412957970410, 'hostile-20', 'x&apos;); DROP TABLE ots_events; --\&quot;$1 %s\N 💣', 32942, 1, 'm-g', 1714979289000000, 1714979289000000, 1714979349000000, 1.5, 2.5, 3, 4, 5, 'hostile-1', NULL, 0, '<event version="2.0" time="2024-05-06T07:08:09.000Z" start="2024-05-06T07:08:09.000Z" stale="2024-05-06T07:09:09.000Z" type="a-f-G;DROP" uid="hostile-20" how="m-g"><point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/><detail/></event>');
INSERT INTO public.ots_fileshares VALUES (1795412957970254, 0, 'hostile-1', 'hostile-11', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', '{"filename":"x''); DROP TABLE ots_events; --\\\"$1 %s\\N 💣"}');
INSERT INTO public.ots_group_set_members VALUES ('__ANON__', 1);
INSERT INTO public.ots_group_sets VALUES (0, 0, '');
INSERT INTO public.ots_group_sets VALUES (1, 6403621011326033518, '__ANON__');
INSERT INTO public.ots_groups VALUES (1, '__ANON__', '', 2, 1795412957000000);
INSERT INTO public.ots_groups VALUES (6944319320570457, 'Blue', 'the "blue" ones', 3, 1795412957604978);
INSERT INTO public.ots_groups VALUES (7154357764943975, 'Red, Ümlaut', '', 4, 1795412957622260);
INSERT INTO public.ots_items VALUES (1795412957970009, 0, 'hostile-1', 'hostile-4', 'marker', 'a-f-G-U-C', NULL, 1.5, 2.5, NULL, NULL, NULL, NULL, 0);
INSERT INTO public.ots_items VALUES (1795412957970023, 0, 'hostile-1', 'hostile-5', 'marker', 'a-f-G-U-C', NULL, 1.5, 2.5, NULL, NULL, NULL, NULL, 0);
INSERT INTO public.ots_items VALUES (1795412957970030, 0, 'hostile-1', 'hostile-6', 'marker', 'a-f-G-U-C', NULL, 1.5, 2.5, NULL, NULL, NULL, NULL, 0);
INSERT INTO public.ots_items VALUES (1795412957970245, 0, 'hostile-1', 'hostile-10', 'marker', 'a-f-G-U-C', NULL, 1.5, 2.5, NULL, NULL, NULL, NULL, 0);
INSERT INTO public.ots_items VALUES (1795412957970285, 0, 'hostile-1', 'hostile-15', 'route', 'b-m-r', NULL, 0, 0, NULL, NULL, NULL, NULL, 0);
INSERT INTO public.ots_items VALUES (1795412957970292, 0, 'hostile-1', 'hostile-16', 'drawing', 'u-d-f', NULL, 1.5, 2.5, '	
􏿿', NULL, NULL, NULL, 0);
INSERT INTO public.ots_items VALUES (1795412957970299, 0, 'hostile-1', 'hostile-17', 'marker', 'a-f-G-U-C', NULL, 1.5, 2.5, NULL, NULL, NULL, NULL, 0);
INSERT INTO public.ots_items VALUES (1795412957970309, 0, 'hostile-1', 'hostile-18', 'marker', 'a-f-G-U-C', NULL, 1.5, 2.5, NULL, NULL, NULL, NULL, 0);
INSERT INTO public.ots_items VALUES (1795412957970410, 0, 'hostile-1', 'hostile-20', 'marker', 'a-f-G;DROP', NULL, 1.5, 2.5, NULL, NULL, NULL, NULL, 0);
INSERT INTO public.ots_members VALUES (7404977012170585, 6944319320570457, 1);
INSERT INTO public.ots_members VALUES (7404977012170585, 6944319320570457, 2);
INSERT INTO public.ots_members VALUES (4873277925743495, 7154357764943975, 2);
INSERT INTO public.ots_members VALUES (4873277925743495, 6944319320570457, 1);
INSERT INTO public.ots_positions VALUES (1795412957860815, 'uid-1', 1.5, 2.5, 3, 4, 1, 1, 1);
INSERT INTO public.ots_positions VALUES (1795412957860950, 'uid-2', 1.5, 2.5, 3, 4, 1, 2, 2);
INSERT INTO public.ots_positions VALUES (1795412957860956, 'uid-3', 1.5, 2.5, 3, 4, 1, 3, 3);
INSERT INTO public.ots_positions VALUES (1795412957860959, 'uid-4', 1.5, 2.5, 3, 4, 1, 4, 4);
INSERT INTO public.ots_positions VALUES (1795412957860962, 'uid-5', 1.5, 2.5, 3, 4, 1, 5, 5);
INSERT INTO public.ots_positions VALUES (1795412957860964, 'uid-6', 1.5, 2.5, 3, 4, 1, 6, 6);
INSERT INTO public.ots_positions VALUES (1795412957860967, 'uid-7', 1.5, 2.5, 3, 4, 1, 7, 7);
INSERT INTO public.ots_positions VALUES (1795412957860972, 'uid-8', 1.5, 2.5, 3, 4, 1, 8, 8);
INSERT INTO public.ots_positions VALUES (1795412957860976, 'uid-9', 1.5, 2.5, 3, 4, 1, 9, 9);
INSERT INTO public.ots_positions VALUES (1795412957860979, 'uid-10', 1.5, 2.5, 3, 4, 1, 10, 10);
INSERT INTO public.ots_positions VALUES (1795412957860984, 'uid-11', 1.5, 2.5, 3, 4, 1, 11, 11);
INSERT INTO public.ots_positions VALUES (1795412957860986, 'uid-12', 1.5, 2.5, 3, 4, 1, 12, 12);
INSERT INTO public.ots_positions VALUES (1795412957860988, 'uid-13', 1.5, 2.5, 3, 4, 1, 13, 13);
INSERT INTO public.ots_positions VALUES (1795412957860992, 'uid-14', 1.5, 2.5, 3, 4, 1, 14, 14);
INSERT INTO public.ots_positions VALUES (1795412957860994, 'uid-15', 1.5, 2.5, 3, 4, 1, 15, 15);
INSERT INTO public.ots_positions VALUES (1795412957860996, 'uid-16', 1.5, 2.5, 3, 4, 1, 16, 16);
INSERT INTO public.ots_positions VALUES (1795412957860999, 'uid-17', 1.5, 2.5, 3, 4, 1, 17, 17);
INSERT INTO public.ots_positions VALUES (1795412957861001, 'uid-18', 1.5, 2.5, 3, 4, 1, 18, 18);
INSERT INTO public.ots_positions VALUES (1795412957861003, 'uid-19', 1.5, 2.5, 3, 4, 1, 19, 19);
INSERT INTO public.ots_positions VALUES (1795412957861006, 'uid-20', 1.5, 2.5, 3, 4, 1, 20, 20);
INSERT INTO public.ots_positions VALUES (1795412957967996, 'hostile-1', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_positions VALUES (1795412957968058, 'hostile-2', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_positions VALUES (1795412957968068, 'hostile-1', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_positions VALUES (1795412957970009, 'hostile-4', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_positions VALUES (1795412957970023, 'hostile-5', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_positions VALUES (1795412957970030, 'hostile-6', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_positions VALUES (1795412957970040, 'hostile-7x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_positions VALUES (1795412957970245, 'hostile-10', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_positions VALUES (1795412957970299, 'hostile-17', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_positions VALUES (1795412957970309, 'hostile-18', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_positions VALUES (1795412957970400, 'hostile-19', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_positions VALUES (1795412957970410, 'hostile-20', 1.5, 2.5, 3, 4, NULL, NULL, NULL);
INSERT INTO public.ots_schema VALUES ('accounts', 1, 1795412957448121);
INSERT INTO public.ots_schema VALUES ('store', 1, 1795412957791764);
INSERT INTO public.ots_spool VALUES ('ade2c75b-f646-4f35-bf66-179d65514c09', 0, 37974, 1795412958018659);
INSERT INTO public.ots_stats VALUES (1795412957970270, 0, 'hostile-1', '{"battery":"x''); DROP TABLE ots_events; --\\\"$1 %s\\N 💣"}');
INSERT INTO public.ots_store_counters VALUES ('type', 11);
INSERT INTO public.ots_store_counters VALUES ('group_set', 1);
INSERT INTO public.ots_store_counters VALUES ('event', 1795412957970410);
INSERT INTO public.ots_types VALUES (0, '', false);
INSERT INTO public.ots_types VALUES (1, 'a-f-G;DROP', true);
INSERT INTO public.ots_types VALUES (2, 'a-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', true);
INSERT INTO public.ots_types VALUES (3, 'u-d-f', true);
INSERT INTO public.ots_types VALUES (4, 'b-m-r', true);
INSERT INTO public.ots_types VALUES (5, 't-x-d-d', false);
INSERT INTO public.ots_types VALUES (6, 't-x-c-m', false);
INSERT INTO public.ots_types VALUES (7, 'b-a-o-tbl', true);
INSERT INTO public.ots_types VALUES (8, 'b-f-t-r', false);
INSERT INTO public.ots_types VALUES (9, 'b-r-f-h-c', true);
INSERT INTO public.ots_types VALUES (10, 'b-t-f', false);
INSERT INTO public.ots_types VALUES (11, 'a-f-G-U-C', true);
INSERT INTO public.ots_users VALUES (8065370753327375, 'eve@example.org', 'eve@example.org', NULL, false, false, 1795412957449174, '', 0);
INSERT INTO public.ots_users VALUES (7404977012170585, 'alice', 'alice', '$argon2id$v=19$m=65536,t=3,p=1$tkq6LKYFO+kt3Og7tAa5aQ$S+7J2YDqrDAtTaSliegremYmXRtTM//LhtwE4zXMgQU', true, false, 1795412957448569, '', 7);
INSERT INTO public.ots_users VALUES (4873277925743495, 'bob', 'bob', NULL, false, true, 1795412957448994, '', 10);
INSERT INTO public.ots_videos VALUES (1795412957970245, 0, 'hostile-1', 'hostile-10', 'x''); DROP TABLE ots_events; --\"$1 %s\N 💣', '{"url":"x''); DROP TABLE ots_events; --\\\"$1 %s\\N 💣"}');
INSERT INTO public.ots_visits VALUES (1795412957860815, 'uid-1', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860950, 'uid-2', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860956, 'uid-3', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860959, 'uid-4', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860962, 'uid-5', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860964, 'uid-6', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860967, 'uid-7', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860972, 'uid-8', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860976, 'uid-9', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860979, 'uid-10', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860984, 'uid-11', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860986, 'uid-12', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860988, 'uid-13', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860992, 'uid-14', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860994, 'uid-15', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860996, 'uid-16', 32942);
INSERT INTO public.ots_visits VALUES (1795412957860999, 'uid-17', 32942);
INSERT INTO public.ots_visits VALUES (1795412957861001, 'uid-18', 32942);
INSERT INTO public.ots_visits VALUES (1795412957861003, 'uid-19', 32942);
INSERT INTO public.ots_visits VALUES (1795412957861006, 'uid-20', 32942);
INSERT INTO public.ots_visits VALUES (1795412957967996, 'hostile-1', 32942);
INSERT INTO public.ots_visits VALUES (1795412957968058, 'hostile-2', 32942);
INSERT INTO public.ots_visits VALUES (1795412957970009, 'hostile-4', 32942);
INSERT INTO public.ots_visits VALUES (1795412957970023, 'hostile-5', 32942);
INSERT INTO public.ots_visits VALUES (1795412957970030, 'hostile-6', 32942);
INSERT INTO public.ots_visits VALUES (1795412957970040, 'hostile-7x''); DROP TABLE ots_events; --\"$1 %s\N 💣', 32942);
INSERT INTO public.ots_visits VALUES (1795412957970245, 'hostile-10', 32942);
INSERT INTO public.ots_visits VALUES (1795412957970299, 'hostile-17', 32942);
INSERT INTO public.ots_visits VALUES (1795412957970309, 'hostile-18', 32942);
INSERT INTO public.ots_visits VALUES (1795412957970400, 'hostile-19', 32942);
INSERT INTO public.ots_visits VALUES (1795412957970410, 'hostile-20', 32942);
ALTER TABLE ONLY public.ots_alerts
    ADD CONSTRAINT ots_alerts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_casevacs
    ADD CONSTRAINT ots_casevacs_pkey PRIMARY KEY (uid);
ALTER TABLE ONLY public.ots_cells
    ADD CONSTRAINT ots_cells_pkey PRIMARY KEY (cell);
ALTER TABLE ONLY public.ots_certificates
    ADD CONSTRAINT ots_certificates_pkey PRIMARY KEY (sha256);
ALTER TABLE ONLY public.ots_chat_members
    ADD CONSTRAINT ots_chat_members_pkey PRIMARY KEY (room, uid);
ALTER TABLE ONLY public.ots_chatrooms
    ADD CONSTRAINT ots_chatrooms_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_chats
    ADD CONSTRAINT ots_chats_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_choices
    ADD CONSTRAINT ots_choices_pkey PRIMARY KEY (user_id, device, group_id, direction);
ALTER TABLE ONLY public.ots_connections
    ADD CONSTRAINT ots_connections_pkey PRIMARY KEY (conn);
ALTER TABLE ONLY public.ots_counters
    ADD CONSTRAINT ots_counters_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.ots_deletions
    ADD CONSTRAINT ots_deletions_pkey PRIMARY KEY (id, uid);
ALTER TABLE ONLY public.ots_devices
    ADD CONSTRAINT ots_devices_pkey PRIMARY KEY (uid);
ALTER TABLE ONLY public.ots_events
    ADD CONSTRAINT ots_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_fileshares
    ADD CONSTRAINT ots_fileshares_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_group_set_members
    ADD CONSTRAINT ots_group_set_members_pkey PRIMARY KEY (group_name, group_set);
ALTER TABLE ONLY public.ots_group_sets
    ADD CONSTRAINT ots_group_sets_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_groups
    ADD CONSTRAINT ots_groups_bitpos_key UNIQUE (bitpos);
ALTER TABLE ONLY public.ots_groups
    ADD CONSTRAINT ots_groups_name_key UNIQUE (name);
ALTER TABLE ONLY public.ots_groups
    ADD CONSTRAINT ots_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_items
    ADD CONSTRAINT ots_items_pkey PRIMARY KEY (uid);
ALTER TABLE ONLY public.ots_latest
    ADD CONSTRAINT ots_latest_pkey PRIMARY KEY (uid);
ALTER TABLE ONLY public.ots_letters
    ADD CONSTRAINT ots_letters_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_mail
    ADD CONSTRAINT ots_mail_pkey PRIMARY KEY (id, receiver);
ALTER TABLE ONLY public.ots_members
    ADD CONSTRAINT ots_members_pkey PRIMARY KEY (user_id, group_id, direction);
ALTER TABLE ONLY public.ots_positions
    ADD CONSTRAINT ots_positions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_receipts
    ADD CONSTRAINT ots_receipts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_schema
    ADD CONSTRAINT ots_schema_pkey PRIMARY KEY (module, version);
ALTER TABLE ONLY public.ots_spool
    ADD CONSTRAINT ots_spool_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.ots_stats
    ADD CONSTRAINT ots_stats_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_store_counters
    ADD CONSTRAINT ots_store_counters_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.ots_types
    ADD CONSTRAINT ots_types_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_types
    ADD CONSTRAINT ots_types_type_key UNIQUE (type);
ALTER TABLE ONLY public.ots_users
    ADD CONSTRAINT ots_users_folded_key UNIQUE (folded);
ALTER TABLE ONLY public.ots_users
    ADD CONSTRAINT ots_users_name_key UNIQUE (name);
ALTER TABLE ONLY public.ots_users
    ADD CONSTRAINT ots_users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_videos
    ADD CONSTRAINT ots_videos_pkey PRIMARY KEY (uid);
ALTER TABLE ONLY public.ots_visits
    ADD CONSTRAINT ots_visits_pkey PRIMARY KEY (id);
CREATE INDEX ots_alerts_uid ON public.ots_alerts USING btree (uid, id);
CREATE INDEX ots_casevacs_id ON public.ots_casevacs USING btree (id);
CREATE INDEX ots_certificates_name ON public.ots_certificates USING btree (name);
CREATE INDEX ots_chats_group_set ON public.ots_chats USING btree (group_set, id);
CREATE INDEX ots_chats_message ON public.ots_chats USING btree (message);
CREATE INDEX ots_chats_room ON public.ots_chats USING btree (room, id);
CREATE INDEX ots_chats_sender ON public.ots_chats USING btree (sender_uid, id);
CREATE INDEX ots_chats_uid ON public.ots_chats USING btree (uid);
CREATE INDEX ots_chats_username ON public.ots_chats USING btree (username, id) WHERE (username IS NOT NULL);
CREATE INDEX ots_choices_group ON public.ots_choices USING btree (group_id);
CREATE INDEX ots_connections_closed ON public.ots_connections USING btree (closed) WHERE (closed IS NOT NULL);
CREATE INDEX ots_connections_open ON public.ots_connections USING btree (conn) WHERE (closed IS NULL);
CREATE INDEX ots_deletions_uid ON public.ots_deletions USING btree (uid);
CREATE INDEX ots_devices_callsign ON public.ots_devices USING btree (callsign, uid);
CREATE INDEX ots_devices_conn ON public.ots_devices USING btree (conn) WHERE (conn <> ''::text);
CREATE INDEX ots_events_cell ON public.ots_events USING btree (cell, id) WHERE (cell IS NOT NULL);
CREATE INDEX ots_events_group_set ON public.ots_events USING btree (group_set, id);
CREATE INDEX ots_events_type ON public.ots_events USING btree (type_id, id);
CREATE INDEX ots_events_uid ON public.ots_events USING btree (uid, id);
CREATE INDEX ots_events_username ON public.ots_events USING btree (username, id) WHERE (username IS NOT NULL);
CREATE INDEX ots_group_set_members_set ON public.ots_group_set_members USING btree (group_set);
CREATE INDEX ots_group_sets_hash ON public.ots_group_sets USING btree (hash);
CREATE INDEX ots_items_id ON public.ots_items USING btree (id);
CREATE INDEX ots_items_kind ON public.ots_items USING btree (kind, id);
CREATE INDEX ots_latest_id ON public.ots_latest USING btree (id);
CREATE INDEX ots_letters_expires ON public.ots_letters USING btree (expires);
CREATE INDEX ots_mail_expires ON public.ots_mail USING btree (expires);
CREATE INDEX ots_mail_receipt ON public.ots_mail USING btree (receipt, receiver);
CREATE INDEX ots_mail_waiting ON public.ots_mail USING btree (receiver, id) WHERE (state < 2);
CREATE INDEX ots_members_group ON public.ots_members USING btree (group_id);
CREATE INDEX ots_positions_uid ON public.ots_positions USING btree (uid, id);
CREATE INDEX ots_receipts_chat ON public.ots_receipts USING btree (chat);
CREATE INDEX ots_stats_device ON public.ots_stats USING btree (device, id);
CREATE INDEX ots_videos_id ON public.ots_videos USING btree (id);
CREATE INDEX ots_visits_uid ON public.ots_visits USING btree (uid, cell, id);
ALTER TABLE ONLY public.ots_choices
    ADD CONSTRAINT ots_choices_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.ots_groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ots_choices
    ADD CONSTRAINT ots_choices_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.ots_users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ots_members
    ADD CONSTRAINT ots_members_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.ots_groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ots_members
    ADD CONSTRAINT ots_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.ots_users(id) ON DELETE CASCADE;
