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
CREATE TABLE public.ots_counters (
    name text NOT NULL,
    value bigint NOT NULL
);
CREATE TABLE public.ots_groups (
    id bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    description text NOT NULL,
    bitpos bigint NOT NULL,
    created bigint NOT NULL
);
CREATE TABLE public.ots_members (
    user_id bigint NOT NULL,
    group_id bigint NOT NULL,
    direction bigint NOT NULL,
    CONSTRAINT ots_members_direction_check CHECK ((direction = ANY (ARRAY[(1)::bigint, (2)::bigint])))
);
CREATE TABLE public.ots_schema (
    module text NOT NULL,
    version bigint NOT NULL,
    applied bigint NOT NULL
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
INSERT INTO public.ots_choices VALUES (4746476349796111, '', 6678789947457911, 1, false, '', 10);
INSERT INTO public.ots_choices VALUES (4975796012059586, 'ANDROID-1', 6678789947457911, 2, false, '', 11);
INSERT INTO public.ots_counters VALUES ('users', 3);
INSERT INTO public.ots_counters VALUES ('bitpos', 5);
INSERT INTO public.ots_counters VALUES ('revision', 12);
INSERT INTO public.ots_groups VALUES (1, '__ANON__', '', 2, 1795407104000000);
INSERT INTO public.ots_groups VALUES (6678789947457911, 'Blue', 'the "blue" ones', 3, 1795407104343304);
INSERT INTO public.ots_groups VALUES (8130157613087600, 'Red, Ümlaut', '', 4, 1795407104364298);
INSERT INTO public.ots_members VALUES (4975796012059586, 6678789947457911, 1);
INSERT INTO public.ots_members VALUES (4975796012059586, 6678789947457911, 2);
INSERT INTO public.ots_members VALUES (4746476349796111, 8130157613087600, 2);
INSERT INTO public.ots_members VALUES (4746476349796111, 6678789947457911, 1);
INSERT INTO public.ots_schema VALUES ('accounts', 1, 1795407104208046);
INSERT INTO public.ots_users VALUES (6246966797161789, 'eve@example.org', 'eve@example.org', NULL, false, false, 1795407104209530, '', 0);
INSERT INTO public.ots_users VALUES (4975796012059586, 'alice', 'alice', '$argon2id$v=19$m=65536,t=3,p=1$1S41IyocXELcS2lGtw8Fbg$iPu1DBamLWfh4J1wC+gOKG9iVlDGkLeUF/vdADE9Md8', true, false, 1795407104208549, '', 7);
INSERT INTO public.ots_users VALUES (4746476349796111, 'bob', 'bob', NULL, false, true, 1795407104209075, '', 10);
ALTER TABLE ONLY public.ots_certificates
    ADD CONSTRAINT ots_certificates_pkey PRIMARY KEY (sha256);
ALTER TABLE ONLY public.ots_choices
    ADD CONSTRAINT ots_choices_pkey PRIMARY KEY (user_id, device, group_id, direction);
ALTER TABLE ONLY public.ots_counters
    ADD CONSTRAINT ots_counters_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.ots_groups
    ADD CONSTRAINT ots_groups_bitpos_key UNIQUE (bitpos);
ALTER TABLE ONLY public.ots_groups
    ADD CONSTRAINT ots_groups_name_key UNIQUE (name);
ALTER TABLE ONLY public.ots_groups
    ADD CONSTRAINT ots_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ots_members
    ADD CONSTRAINT ots_members_pkey PRIMARY KEY (user_id, group_id, direction);
ALTER TABLE ONLY public.ots_schema
    ADD CONSTRAINT ots_schema_pkey PRIMARY KEY (module, version);
ALTER TABLE ONLY public.ots_users
    ADD CONSTRAINT ots_users_folded_key UNIQUE (folded);
ALTER TABLE ONLY public.ots_users
    ADD CONSTRAINT ots_users_name_key UNIQUE (name);
ALTER TABLE ONLY public.ots_users
    ADD CONSTRAINT ots_users_pkey PRIMARY KEY (id);
CREATE INDEX ots_certificates_name ON public.ots_certificates USING btree (name);
CREATE INDEX ots_choices_group ON public.ots_choices USING btree (group_id);
CREATE INDEX ots_members_group ON public.ots_members USING btree (group_id);
ALTER TABLE ONLY public.ots_choices
    ADD CONSTRAINT ots_choices_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.ots_groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ots_choices
    ADD CONSTRAINT ots_choices_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.ots_users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ots_members
    ADD CONSTRAINT ots_members_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.ots_groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ots_members
    ADD CONSTRAINT ots_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.ots_users(id) ON DELETE CASCADE;
