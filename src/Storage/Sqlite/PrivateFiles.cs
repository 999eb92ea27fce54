namespace CoKe.Storage.Sqlite;

/// <summary>Files and folders that are made for one user of the machine alone. What exists keeps the mode that somebody gave it.</summary>
static class PrivateFiles
{
    const UnixFileMode FileMode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode FolderMode700 = FileMode600 | UnixFileMode.UserExecute;

    /// <summary>Makes a folder and those above it that are missing.</summary>
    public static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, FolderMode700);
    }

    /// <summary>Makes a file if there is none.</summary>
    public static void Make(string path)
    {
        if (!File.Exists(path)) Open(path, FileShare.ReadWrite).Dispose();
    }

    /// <summary>Opens a file, which is made if there is none.</summary>
    public static FileStream Open(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = FileMode600;
        return new FileStream(path, options);
    }
}
