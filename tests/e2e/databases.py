"""What databases without a server here say of names, keys and types, in their documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.e2e.arrived import Kind


@dataclass(frozen=True)
class Database:
    """A database, with `json_columns: text`.

    Attributes:
        source: where the rules are.
        name_length: characters of a name.
        name: what names look like that need no quotes.
        folds: whether names that differ in capitals alone are the same.
        prefixes: what no column's name begins with.
        columns: of a table, at most.
        key_columns: of a key, at most.
        key_bytes: of all columns of a key, at most; 0 where nothing is said.
        text_bytes: of a text, at most; 0 where there is room for any.
        types: by kind; where all digits and six digits of a second have a place.
        reserved: words that a name without quotes must not be.
    """

    source: str
    name_length: int
    name: str
    folds: bool
    columns: int
    types: Mapping[Kind, str]
    reserved: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    key_columns: int = 0
    key_bytes: int = 0
    text_bytes: int = 0


def _words(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


BIGQUERY = Database(
    source="https://cloud.google.com/bigquery: schemas, quotas, standard-sql/lexical",
    name_length=300,
    name=r"[^\W\d]\w*",  # letters of any script: flexible column names
    folds=True,
    prefixes=("_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier"),
    columns=10_000,
    key_columns=16,
    types={
        "text": "STRING",
        "number": "BIGNUMERIC",
        "integer": "INT64",
        "boolean": "BOOL",
        "date": "DATE",
        "timestamp": "TIMESTAMP",
    },
    reserved=_words("""
        ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS
        CREATE CROSS CUBE CURRENT DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE
        EXISTS EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL GROUP GROUPING GROUPS HASH HAVING IF
        IGNORE IN INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP MERGE NATURAL
        NEW NO NOT NULL NULLS OF ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE
        RECURSIVE RESPECT RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE
        UNBOUNDED UNION UNNEST USING WHEN WHERE WINDOW WITH WITHIN
    """),
)

SQL_SERVER = Database(
    source=(
        "https://learn.microsoft.com/sql: relational-databases/databases/database-identifiers,"
        " sql-server/maximum-capacity-specifications-for-sql-server,"
        " t-sql/language-elements/reserved-keywords-transact-sql"
    ),
    name_length=128,
    name=r"[^\W\d]\w*",
    folds=True,
    columns=1_024,
    key_columns=32,
    key_bytes=900,  # of a clustered index; texts are NVARCHAR, two bytes a character
    types={
        "text": "NVARCHAR(MAX)",
        "number": "DECIMAL(38, 18)",
        "integer": "BIGINT",
        "boolean": "BIT",
        "date": "DATE",
        "timestamp": "DATETIME2(6)",
    },
    reserved=_words("""
        ADD ALL ALTER AND ANY AS ASC AUTHORIZATION BACKUP BEGIN BETWEEN BREAK BROWSE BULK BY CASCADE
        CASE CHECK CHECKPOINT CLOSE CLUSTERED COALESCE COLLATE COLUMN COMMIT COMPUTE CONSTRAINT
        CONTAINS CONTAINSTABLE CONTINUE CONVERT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME
        CURRENT_TIMESTAMP CURRENT_USER CURSOR DATABASE DBCC DEALLOCATE DECLARE DEFAULT DELETE DENY
        DESC DISK DISTINCT DISTRIBUTED DOUBLE DROP DUMP ELSE END ERRLVL ESCAPE EXCEPT EXEC EXECUTE
        EXISTS EXIT EXTERNAL FETCH FILE FILLFACTOR FOR FOREIGN FREETEXT FREETEXTTABLE FROM FULL
        FUNCTION GOTO GRANT GROUP HAVING HOLDLOCK IDENTITY IDENTITY_INSERT IDENTITYCOL IF IN INDEX
        INNER INSERT INTERSECT INTO IS JOIN KEY KILL LEFT LIKE LINENO LOAD MERGE NATIONAL NOCHECK
        NONCLUSTERED NOT NULL NULLIF OF OFF OFFSETS ON OPEN OPENDATASOURCE OPENQUERY OPENROWSET
        OPENXML OPTION OR ORDER OUTER OVER PERCENT PIVOT PLAN PRECISION PRIMARY PRINT PROC PROCEDURE
        PUBLIC RAISERROR READ READTEXT RECONFIGURE REFERENCES REPLICATION RESTORE RESTRICT RETURN
        REVERT REVOKE RIGHT ROLLBACK ROWCOUNT ROWGUIDCOL RULE SAVE SCHEMA SECURITYAUDIT SELECT
        SESSION_USER SET SETUSER SHUTDOWN SOME STATISTICS SYSTEM_USER TABLE TABLESAMPLE TEXTSIZE
        THEN TO TOP TRAN
        TRANSACTION TRIGGER TRUNCATE TRY_CONVERT TSEQUAL UNION UNIQUE UNPIVOT UPDATE
        UPDATETEXT USE USER VALUES VARYING VIEW WAITFOR WHEN WHERE WHILE WITH WRITETEXT
    """),
)

CLICKHOUSE = Database(
    source="https://clickhouse.com/docs: sql-reference/syntax, sql-reference/data-types",
    name_length=255,
    name=r"[a-zA-Z_]\w*",
    folds=False,
    columns=1_000,  # none is documented; its own advice
    types={
        "text": "String",
        "number": "Decimal(38, 18)",
        "integer": "Int64",
        "boolean": "Bool",
        "date": "Date32",
        "timestamp": "DateTime64(6, 'UTC')",
    },
)

REDSHIFT = Database(
    source="https://docs.aws.amazon.com/redshift: r_names, r_pg_keywords, r_CREATE_TABLE_usage",
    name_length=127,
    name=r"[^\W\d]\w*",
    folds=True,
    columns=1_600,
    text_bytes=65_535,
    types={
        "text": "VARCHAR(65535)",
        "number": "DECIMAL(38, 18)",
        "integer": "BIGINT",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP",
    },
    reserved=_words("""
        AES128 AES256 ALL ALLOWOVERWRITE ANALYSE ANALYZE AND ANY ARRAY AS ASC AUTHORIZATION AZ64
        BACKUP BETWEEN BINARY BLANKSASNULL BOTH BYTEDICT BZIP2 CASE CAST CHECK COLLATE COLUMN
        CONSTRAINT CREATE CREDENTIALS CROSS CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER
        CURRENT_USER_ID DEFAULT DEFERRABLE DEFLATE DEFRAG DELTA DELTA32K DESC DISABLE DISTINCT DO
        ELSE EMPTYASNULL ENABLE ENCODE ENCRYPT ENCRYPTION END EXCEPT EXPLICIT FALSE FOR FOREIGN
        FREEZE FROM FULL GLOBALDICT256 GLOBALDICT64K GRANT GROUP GZIP HAVING IDENTITY IGNORE ILIKE
        IN INITIALLY INNER INTERSECT INTERVAL INTO IS ISNULL JOIN LEADING LEFT LIKE LIMIT
        LOCALTIME LOCALTIMESTAMP LUN LUNS LZO LZOP MINUS MOSTLY16 MOSTLY32 MOSTLY8 NATURAL NEW NOT
        NOTNULL NULL NULLS OFF OFFLINE OFFSET OID OLD ON ONLY OPEN OR ORDER OUTER OVERLAPS PARALLEL
        PARTITION PERCENT PERMISSIONS PIVOT PLACING PRIMARY RAW READRATIO RECOVER REFERENCES RESPECT
        REJECTLOG RESORT RESTORE RIGHT SELECT SESSION_USER SIMILAR SNAPSHOT SOME SYSDATE SYSTEM
        TABLE TAG TDES TEXT255 TEXT32K THEN TIMESTAMP TO TOP TRAILING TRUE
        TRUNCATECOLUMNS UNION UNIQUE
        UNNEST UNPIVOT USER USING VERBOSE WALLET WHEN WHERE WITH WITHOUT
    """),
)

DATABASES = {
    "BigQuery": BIGQUERY,
    "SQL Server": SQL_SERVER,
    "ClickHouse": CLICKHOUSE,
    "Redshift": REDSHIFT,
}
