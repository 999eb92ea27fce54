using CoKe.Abstractions.Storage;
using CoKe.Errors;
using CoKe.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace CoKe.Storage.Tests;

public sealed class SqliteFileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Path => _folder.File("coke.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_MissingFolders_AreMade()
    {
        var path = _folder.File("a/b/coke.db");
        Open(path).Dispose();
        Assert.True(File.Exists(path));
        Assert.False(File.Exists(path + "-wal")); // closed properly: everything is in the file
    }

    [Fact]
    public void Open_Twice_RefusesTheSecondUntilTheFirstIsClosed()
    {
        using (Open(Path))
        {
            Assert.Contains($"Another silo uses the database file {Path}", Refusal(Path).Message);
            File.CreateSymbolicLink(_folder.File("link.db"), Path);
            Assert.Contains("Another silo", Refusal(_folder.File("link.db")).Message);
        }
        Open(Path).Dispose();
    }

    [Fact]
    public void Open_AFolder_IsRefused() => Assert.Contains("is a folder", Refusal(_folder.Path).Message);

    [Fact]
    public void Open_AFileUnderAFile_IsRefused()
    {
        File.WriteAllText(_folder.File("file"), "");
        Assert.Contains("cannot be made", Refusal(_folder.File("file/sub/coke.db")).Message);
    }

    [Fact]
    public void Open_NoDatabase_IsRefusedAndUnchanged()
    {
        File.WriteAllText(Path, new string('x', 5_000));
        Assert.Contains("is no SQLite database", Refusal(Path).Message);
        Assert.Equal(new string('x', 5_000), File.ReadAllText(Path));
        File.WriteAllText(Path, "");
        Open(Path).Dispose(); // the lock is free again; an empty file is a new database
    }

    [Fact]
    public void Open_AnotherProgramsDatabase_IsRefusedAndUnchanged()
    {
        Execute(Path, "CREATE TABLE theirs (x)");
        var before = File.ReadAllBytes(Path);
        Assert.Contains("another program's", Refusal(Path).Message);
        Assert.Equal(before, File.ReadAllBytes(Path));
    }

    [Fact]
    public void Open_FolderWhereNobodyWrites_IsRefused()
    {
        // Not even root makes files here.
        if (!OperatingSystem.IsLinux())
            return;
        Assert.Contains("cannot be written", Refusal("/sys/coke.db").Message);
    }

    [Fact]
    public void Open_NewerSchema_IsRefused()
    {
        Open(Path).Dispose();
        Execute(Path, "UPDATE coke_schema SET version = 7");
        var refusal = Refusal(Path);
        Assert.Equal(("schema", "7"), (refusal.Field, refusal.Value));
        Assert.Contains("use the newer program", refusal.Message);
    }

    [Fact]
    public void Open_OlderSchema_Migrates()
    {
        Open(Path).Dispose();
        Execute(Path, "INSERT INTO grain_state VALUES ('s', 'state', 'key', 0, 0, 1, 2, 3, x'04')");
        Open(
                Path,
                new SqliteSchema(
                    3,
                    new Dictionary<int, string>
                    {
                        [1] = "ALTER TABLE grain_state ADD COLUMN two INTEGER NOT NULL DEFAULT 2",
                        [2] = "ALTER TABLE grain_state ADD COLUMN three INTEGER NOT NULL DEFAULT 3",
                    }
                )
            )
            .Dispose();
        Assert.Equal(
            "3 1 2 3 3",
            Ask(
                Path,
                "SELECT (SELECT version FROM coke_schema) || ' ' || count(*) || ' ' || two || ' ' || three || ' ' || version FROM "
                    + "grain_state"
            )
        );
    }

    [Fact]
    public void Open_MigrationThatFails_ChangesNothing()
    {
        Open(Path).Dispose();
        var schema = new SqliteSchema(3, new Dictionary<int, string> { [1] = "CREATE TABLE two (x)", [2] = "CREATE TABLE nonsense (" });
        Assert.Throws<StorageRefusedException>(() => Open(Path, schema));
        Assert.Equal("1 0", Ask(Path, "SELECT (SELECT version FROM coke_schema) || ' ' || count(*) FROM sqlite_schema WHERE name = 'two'"));
        Open(Path).Dispose();
    }

    [Fact]
    public void Open_OlderSchemaWithoutMigration_IsRefused()
    {
        Open(Path).Dispose();
        var refusal = Assert.Throws<StorageRefusedException>(() =>
            Open(Path, new SqliteSchema(3, new Dictionary<int, string> { [2] = "" }))
        );
        Assert.Equal(("schema", "1"), (refusal.Field, refusal.Value));
        Assert.Contains("cannot migrate", refusal.Message);
    }

    [Fact]
    public void Options_ThatCannotWork_AreRefused()
    {
        Assert.Equal("Path", Assert.Throws<InvalidOptionsException>(() => new SqliteOptions { Path = " " }.Validate()).Field);
        Assert.Equal(
            "MaxBytes",
            Assert.Throws<InvalidOptionsException>(() => new SqliteOptions { Path = Path, MaxBytes = 1_000 }.Validate()).Field
        );
    }

    [Theory]
    [InlineData(13, "is full")]
    [InlineData(10, "fails")]
    [InlineData(11, "is damaged")]
    [InlineData(5, "Another program")]
    [InlineData(8, "cannot be written")]
    public void Explain_ResultCode_NamesFileAndRemedy(int code, string words)
    {
        using var file = new SqliteFile(new SqliteOptions { Path = Path, MaxBytes = 3 << 20 });
        var explained = file.Explain(new SqliteException("as SQLite says it", code))!;
        Assert.Contains(words, explained.Message);
        Assert.Contains(Path, explained.Message);
        Assert.Equal(
            explained.Message,
            StorageTrouble.Describe(
                new AggregateException(new InvalidOperationException("first"), new OrleansException("wrapped", explained))
            )
        );
    }

    static SqliteFile Open(string path, SqliteSchema? schema = null)
    {
        var file = new SqliteFile(new SqliteOptions { Path = path }, schema);
        file.Open();
        return file;
    }

    static StorageRefusedException Refusal(string path)
    {
        var refusal = Assert.Throws<StorageRefusedException>(() => Open(path));
        Assert.DoesNotContain('\n', refusal.Message);
        return refusal;
    }

    static void Execute(string path, string sql) => Ask(path, sql);

    static object? Ask(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = new SqliteCommand(sql, connection);
        return command.ExecuteScalar();
    }
}
