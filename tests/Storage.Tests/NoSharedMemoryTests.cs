using System.Diagnostics;
using CoKe.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Storage.Tests;

/// <summary>
/// A file system without memory that processes share, as some network file systems. Here a pipe lies where SQLite wants the file that it
/// maps: it opens, but cannot be given a size.
/// </summary>
public sealed class NoSharedMemoryTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Path => _folder.File("coke.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Silo_FileSystemWithoutSharedMemory_HoldsTheFileAloneAndLosesNothing()
    {
        await TakeSharedMemoryAsync();
        await using (var silo = await StorageSilo.StartAsync(Path))
        {
            Assert.True(silo.Services.GetRequiredService<SqliteFile>().IsExclusive);
            await Task.WhenAll(Enumerable.Range(0, 50).Select(row => silo.WriteNewAsync($"run/{row}", [(byte)row])));
        }

        await TakeSharedMemoryAsync();
        await using (var again = await StorageSilo.StartAsync(Path))
        {
            for (var row = 0; row < 50; row++)
                Assert.Equal([(byte)row], (await again.ReadAsync($"run/{row}")).State!.Payload);
        }

        // On a file system that has it, the same file is shared again.
        File.Delete(Path + "-shm");
        await using var moved = await StorageSilo.StartAsync(Path);
        Assert.False(moved.Services.GetRequiredService<SqliteFile>().IsExclusive);
        Assert.Equal([7], (await moved.ReadAsync("run/7")).State!.Payload);
    }

    async Task TakeSharedMemoryAsync()
    {
        File.Delete(Path + "-shm");
        using var made = Process.Start("mkfifo", Path + "-shm");
        await made.WaitForExitAsync();
        Assert.Equal(0, made.ExitCode);
    }
}
