using CoKe.Cli.CommandLine;
using CoKe.Cli.Tests.Features;
using Microsoft.Data.Sqlite;

namespace CoKe.Cli.Tests.Commands;

/// <summary>A byte of a stored version flips in the database file, anywhere in what the serializer wrote.</summary>
public sealed class DamagedDatabaseTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Database => _folder.File("runs.db");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(200)]
    public async Task Export_VersionsOfABlockAreDamaged_IsRefusedByNameAndTheRunCanBeDeleted(int at)
    {
        Blobs.Save(_folder.File("x.npy"), 100, 6, 4);
        await AskAsync("cluster", _folder.File("x.npy"), "--heads", "4", "--epochs", "2", "--out", _folder.File("y.npy"));
        Assert.Equal(ExitCode.Done, (await AskAsync("export", "x", "--centers", _folder.File("c.npy"))).ExitCode);
        Flip(at);

        var refused = await AskAsync("export", "x", "--centers", _folder.File("c2.npy"));
        Assert.Equal((ExitCode.Refused, ""), (refused.ExitCode, refused.Out));
        Assert.Matches(
            @"^Run 'x' cannot go on: The snapshot of incarnation \d+, step \d+ \(slot\d\) of "
                + @"(block|shard) x~.* is damaged: its checksum does not fit\.",
            refused.ErrorLine
        );
        Assert.False(File.Exists(_folder.File("c2.npy")));
        Assert.StartsWith("Run 'x' cannot go on", (await AskAsync("runs", "restore", "x")).ErrorLine);
        Assert.Equal("x is deleted.\n", (await AskAsync("runs", "delete", "x", "--yes")).Out);
        Assert.StartsWith("No runs yet", (await AskAsync("runs")).Out);
    }

    void Flip(int at)
    {
        using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = Database, Pooling = false }.ToString()
        );
        connection.Open();
        var rows = new List<(long Id, byte[] Payload)>();
        using (
            var select = new SqliteCommand(
                "SELECT rowid, payload FROM grain_state WHERE state LIKE 'slot%' AND payload IS NOT NULL",
                connection
            )
        )
        using (var reader = select.ExecuteReader())
            while (reader.Read())
                rows.Add((reader.GetInt64(0), (byte[])reader[1]));
        Assert.NotEmpty(rows);
        foreach (var (id, payload) in rows)
        {
            payload[at % payload.Length] ^= 0x11;
            using var update = new SqliteCommand("UPDATE grain_state SET payload = $payload WHERE rowid = $id", connection);
            update.Parameters.AddWithValue("$payload", payload);
            update.Parameters.AddWithValue("$id", id);
            Assert.Equal(1, update.ExecuteNonQuery());
        }
    }

    Task<Outcome> AskAsync(params string[] args) => Outcome.OfAsync([.. args, "--data", Database]);
}
