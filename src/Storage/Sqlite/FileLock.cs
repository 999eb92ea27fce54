using CoKe.Abstractions.Storage;
using CoKe.Files;

namespace CoKe.Storage.Sqlite;

/// <summary>
/// Keeps a database file to one silo. SQLite itself would let two processes take turns, each with grains that believe to be the only ones.
/// </summary>
/// <remarks>
/// The operating system holds the lock for as long as the file is open, so it goes with the process, also by kill -9. The lock file itself
/// stays: to delete it would let a third process lock a new one while a second still holds the old.
/// </remarks>
sealed class FileLock : IDisposable
{
    // What a FileStream says when the file opens but its lock is another's: Linux, macOS, Windows.
    const int EWouldBlock = 11,
        EWouldBlockBsd = 35,
        SharingViolation = unchecked((int)0x80070020);

    readonly FileStream _file;

    FileLock(FileStream file) => _file = file;

    public static FileLock Take(string path)
    {
        var name = path + ".lock";
        try
        {
            return new FileLock(PrivateFiles.Open(name, FileShare.None));
        }
        catch (UnauthorizedAccessException denied)
        {
            throw SqliteRefusal.ReadOnly(path, denied);
        }
        catch (IOException taken) when (taken.HResult is EWouldBlock or EWouldBlockBsd or SharingViolation)
        {
            throw new StorageRefusedException(
                "path",
                path,
                $"Another silo uses the database file {path}: stop it, or give this one a file of its own.",
                taken
            );
        }
        catch (IOException readOnly)
        {
            throw SqliteRefusal.ReadOnly(path, readOnly);
        }
    }

    public void Dispose() => _file.Dispose();
}
