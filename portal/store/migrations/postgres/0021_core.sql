-- What the insurance system delivers (package core). The rules are those of the first
-- tables; affiliation numbers have become members. Text that names a person's illness or
-- care rests on the encryption of the disk, like all that is not sealed.

-- +goose Up

-- Which files were taken in, and how far. One row for each kind and file.
CREATE TABLE imports (
    mutuality   TEXT    NOT NULL,
    import      TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    file        TEXT    NOT NULL,    -- its name, without the folder
    sha256      BYTEA    NOT NULL,    -- of the whole file
    as_of       BIGINT  NOT NULL,    -- the insurance system's own time of these data
    state       TEXT    NOT NULL,    -- running, done, refused
    done_bytes  BIGINT  NOT NULL,    -- of the file, taken in by commits
    done_lines  BIGINT  NOT NULL,
    added       BIGINT  NOT NULL,
    changed     BIGINT  NOT NULL,
    unchanged   BIGINT  NOT NULL,
    rejected    BIGINT  NOT NULL,
    started_at  BIGINT  NOT NULL,
    ended_at    BIGINT ,
    PRIMARY KEY (mutuality, import)
);

CREATE UNIQUE INDEX imports_file ON imports (mutuality, kind, sha256);

-- Lines that were not taken, and why; never what stood in them.
CREATE TABLE import_rejects (
    mutuality TEXT    NOT NULL,
    import    TEXT    NOT NULL,
    line      BIGINT  NOT NULL,
    field     TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    PRIMARY KEY (mutuality, import, line, field),
    FOREIGN KEY (mutuality, import) REFERENCES imports (mutuality, import)
);

-- How old the data are: shown to members. One row for each kind.
CREATE TABLE import_ages (
    mutuality TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    as_of     BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, kind)
);

CREATE TABLE households (
    mutuality TEXT NOT NULL,
    member    TEXT NOT NULL,         -- the holder
    person    TEXT NOT NULL,         -- on her booklet
    role      TEXT NOT NULL,         -- holder, partner, child, other
    since     TEXT,
    until     TEXT,
    PRIMARY KEY (mutuality, member, person),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member),
    FOREIGN KEY (mutuality, person) REFERENCES members (mutuality, member)
);

CREATE INDEX households_person ON households (mutuality, person);

CREATE TABLE covers (
    mutuality TEXT NOT NULL,
    member    TEXT NOT NULL,
    cover     TEXT NOT NULL,
    since     TEXT NOT NULL,
    until     TEXT,
    status    TEXT NOT NULL,
    code      TEXT NOT NULL,
    PRIMARY KEY (mutuality, member, cover, since),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

-- Kept in the order in which they are read, backwards.
CREATE TABLE payments (
    mutuality     TEXT    NOT NULL,
    member        TEXT    NOT NULL,  -- who gets it or pays it
    treated       TEXT    NOT NULL,
    payment       TEXT    NOT NULL,  -- the insurance system's reference
    kind          TEXT    NOT NULL,
    received      TEXT,
    paid          TEXT,
    payee         TEXT    NOT NULL,
    last4         TEXT    NOT NULL,
    cents         BIGINT  NOT NULL,
    communication TEXT    NOT NULL,
    PRIMARY KEY (mutuality, member, treated, payment)
);

CREATE UNIQUE INDEX payments_reference ON payments (mutuality, payment);

-- Who has lines in a payment besides the member whose file it is in.
CREATE TABLE payment_persons (
    mutuality TEXT NOT NULL,
    payment   TEXT NOT NULL,
    person    TEXT NOT NULL,
    PRIMARY KEY (mutuality, payment, person)
);

-- Acts of care, filed under who had them: (mutuality, person, treated, payment) is how a
-- page finds them; member is in whose file the payment is, where that is somebody else.
CREATE TABLE refund_lines (
    mutuality   TEXT    NOT NULL,
    person      TEXT    NOT NULL,
    treated     TEXT    NOT NULL,
    payment     TEXT    NOT NULL,
    line        SMALLINT NOT NULL,
    member      TEXT,                -- null: the person herself
    certificate TEXT    NOT NULL,
    nature      TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    care_from   TEXT    NOT NULL,
    care_to     TEXT,                -- null: that day alone
    quantity    SMALLINT NOT NULL,
    fee         INTEGER NOT NULL,    -- cents, as all amounts: narrow, there are many lines
    supplement  INTEGER,             -- null: not declared
    refund      INTEGER NOT NULL,
    own         INTEGER NOT NULL,
    PRIMARY KEY (mutuality, person, treated, payment, line)
);

CREATE TABLE incapacities (
    mutuality TEXT NOT NULL,
    member    TEXT NOT NULL,
    since     TEXT NOT NULL,
    until     TEXT,
    kind      TEXT NOT NULL,
    state     TEXT NOT NULL,
    PRIMARY KEY (mutuality, member, since),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE TABLE indemnities (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    paid      TEXT    NOT NULL,
    indemnity TEXT    NOT NULL,
    from_day  TEXT    NOT NULL,
    to_day    TEXT    NOT NULL,
    days      BIGINT  NOT NULL,
    daily     BIGINT  NOT NULL,
    gross     BIGINT  NOT NULL,
    tax       BIGINT  NOT NULL,
    net       BIGINT  NOT NULL,
    last4     TEXT    NOT NULL,
    PRIMARY KEY (mutuality, member, paid, indemnity),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE UNIQUE INDEX indemnities_reference ON indemnities (mutuality, member, indemnity);

CREATE TABLE appointments (
    mutuality   TEXT    NOT NULL,
    member      TEXT    NOT NULL,
    appointment TEXT    NOT NULL,
    at          BIGINT  NOT NULL,
    place       TEXT    NOT NULL,
    street      TEXT    NOT NULL,
    postcode    TEXT    NOT NULL,
    city        TEXT    NOT NULL,
    bring       TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    PRIMARY KEY (mutuality, member, appointment),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE TABLE medical_files (
    mutuality TEXT NOT NULL,
    member    TEXT NOT NULL,
    since     TEXT NOT NULL,
    until     TEXT,
    doctor    TEXT NOT NULL,
    number    TEXT NOT NULL,         -- of the doctor
    PRIMARY KEY (mutuality, member, since),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE TABLE tariffs (
    mutuality    TEXT    NOT NULL,
    code         TEXT    NOT NULL,
    from_day     TEXT    NOT NULL,
    increased    BIGINT  NOT NULL,   -- 1: for increased reimbursement
    nature       TEXT    NOT NULL,
    fee          BIGINT  NOT NULL,
    with_file    BIGINT  NOT NULL,
    without_file BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, code, from_day, increased)
);

CREATE TABLE mafs (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,      -- the holder
    year      BIGINT  NOT NULL,
    class     BIGINT  NOT NULL,
    since     TEXT,
    ceiling   BIGINT  NOT NULL,
    counted   BIGINT  NOT NULL,
    closed    BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, member, year),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE TABLE maf_shares (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,      -- the holder
    year      BIGINT  NOT NULL,
    person    TEXT    NOT NULL,
    counted   BIGINT  NOT NULL,
    refunded  BIGINT  NOT NULL,
    due       BIGINT  NOT NULL,
    expected  TEXT,
    PRIMARY KEY (mutuality, member, year, person),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE TABLE savings (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    year      BIGINT  NOT NULL,
    from_day  TEXT    NOT NULL,
    until     TEXT    NOT NULL,
    total     BIGINT  NOT NULL,
    deposited BIGINT  NOT NULL,
    most      BIGINT  NOT NULL,
    basis     BIGINT  NOT NULL,      -- hundredths of a percent
    PRIMARY KEY (mutuality, member, year),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE TABLE agreements (
    mutuality    TEXT    NOT NULL,
    member       TEXT    NOT NULL,
    agreement    TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    professional TEXT    NOT NULL,
    since        TEXT,
    until        TEXT,
    state        TEXT    NOT NULL,
    cents        BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, member, agreement),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

-- name_key and city_key are name and city as a search folds them: no accents, small letters.
CREATE TABLE providers (
    mutuality  TEXT NOT NULL,
    number     TEXT NOT NULL,
    name       TEXT NOT NULL,
    name_key   TEXT NOT NULL,
    profession TEXT NOT NULL,
    speciality TEXT NOT NULL,
    street     TEXT NOT NULL,
    postcode   TEXT NOT NULL,
    city       TEXT NOT NULL,
    city_key   TEXT NOT NULL,
    status     TEXT NOT NULL,
    since      TEXT,
    hours      TEXT NOT NULL,
    PRIMARY KEY (mutuality, number)
);

CREATE INDEX providers_name ON providers (mutuality, name_key);
CREATE INDEX providers_place ON providers (mutuality, postcode, name_key);

CREATE TABLE branches (
    mutuality  TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    street     TEXT    NOT NULL,
    postcode   TEXT    NOT NULL,
    city       TEXT    NOT NULL,
    phone      TEXT    NOT NULL,
    latitude   BIGINT  NOT NULL,    -- millionths of a degree, as longitude
    longitude  BIGINT  NOT NULL,
    hours      TEXT    NOT NULL,
    services   TEXT    NOT NULL,
    wheelchair BIGINT  NOT NULL,
    kiosk      BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, code)
);

CREATE TABLE postcodes (
    mutuality TEXT NOT NULL,
    code      TEXT NOT NULL,
    name      TEXT NOT NULL,
    name_key  TEXT NOT NULL,
    latitude  BIGINT  NOT NULL,
    longitude BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, code, name)
);

CREATE TABLE shipments (
    mutuality TEXT    NOT NULL,
    reference TEXT    NOT NULL,      -- of the order
    state     TEXT    NOT NULL,      -- prepared, posted, returned
    at        BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, reference, state)
);

-- Documents of the mutuality to the member. The id begins with the time they were issued,
-- so that they merge with what was signed (documents).
CREATE TABLE received_documents (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    document  TEXT    NOT NULL,
    reference TEXT    NOT NULL,      -- the insurance system's
    kind      TEXT    NOT NULL,
    title     TEXT    NOT NULL,
    language  TEXT    NOT NULL,
    issued    TEXT    NOT NULL,
    added_at  BIGINT  NOT NULL,
    pages     BIGINT  NOT NULL,
    size      BIGINT  NOT NULL,
    sha256    BYTEA    NOT NULL,      -- in clear
    address   BYTEA    NOT NULL,
    read_at   BIGINT ,               -- first opened by the member
    PRIMARY KEY (mutuality, member, document),
    FOREIGN KEY (mutuality, member, address) REFERENCES blobs (mutuality, member, address)
);

CREATE UNIQUE INDEX received_reference ON received_documents (mutuality, member, reference);
