using CoKe.Abstractions;
using CoKe.Abstractions.Storage;

namespace CoKe.Storage.Sqlite;

/// <summary>What the file takes, with the log beside it.</summary>
sealed class SqliteSize(SqliteFile file) : IStorageSize
{
    static readonly string[] _s_files = ["", "-wal", "-shm"];

    public async Task<StorageStatistics> MeasureAsync()
    {
        try
        {
            var bytes = _s_files.Select(ending => new FileInfo(file.Place + ending)).Where(one => one.Exists).Sum(one => one.Length);
            await using var connection = await file.Rows.OpenConnectionAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM grain_state WHERE payload IS NOT NULL";
            return new StorageStatistics("sqlite", bytes, (long)(await command.ExecuteScalarAsync())!);
        }
        catch (Exception exception) when (file.Explain(exception) is { } explained)
        {
            throw explained;
        }
    }
}
