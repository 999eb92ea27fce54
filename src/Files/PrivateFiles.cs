using System.Text;

namespace CoKe.Files;

/// <summary>Files and folders that are made for one user of the machine alone. What exists keeps the mode that somebody gave it.</summary>
public static class PrivateFiles
{
    const UnixFileMode FileMode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode FolderMode700 = FileMode600 | UnixFileMode.UserExecute;
    const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Makes a folder and those above it that are missing.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, FolderMode700);
    }

    /// <summary>Makes a file if there is none.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static void Make(string path)
    {
        if (!File.Exists(path))
            Open(path, FileShare.ReadWrite).Dispose();
    }

    /// <summary>Opens a file, which is made if there is none.</summary>
    /// <exception cref="IOException">It cannot be opened, or made.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static FileStream Open(string path, FileShare share) => Open(path, FileMode.OpenOrCreate, share);

    /// <summary>Writes a line into a new file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="line">Its only line.</param>
    /// <returns>False: there is such a file, perhaps another's who was faster, and it is left as it is.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static bool WriteNew(string path, string line)
    {
        var full = Path.GetFullPath(path);
        for (var attempt = 0; ; attempt++)
        {
            if (TemporaryName.Beside(full, attempt) is not { } draft)
                continue;
            try
            {
                using (var file = Open(draft, FileMode.CreateNew, FileShare.None))
                    file.Write(Encoding.UTF8.GetBytes(line + '\n'));
            }
            catch (IOException) when (attempt + 1 < TemporaryName.Attempts && File.Exists(draft))
            {
                continue; // left of a process that was killed
            }

            return Publish(draft, full);
        }
    }

    /// <summary>Whether others than its owner may read or change a file. False where files have no such modes, or there is none.</summary>
    public static bool IsOpenToOthers(string path) =>
        !OperatingSystem.IsWindows() && File.Exists(path) && (File.GetUnixFileMode(path) & Others) != 0;

    // Only a whole file gets the name; who comes second finds the first one's.
    static bool Publish(string draft, string path)
    {
        try
        {
            File.Move(draft, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
        finally
        {
            File.Delete(draft);
        }
    }

    static FileStream Open(string path, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = share,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = FileMode600;
        return new FileStream(path, options);
    }
}
