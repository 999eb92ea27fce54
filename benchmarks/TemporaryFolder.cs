namespace CoKe.Benchmarks;

/// <summary>A folder for one measurement, gone with it.</summary>
sealed class TemporaryFolder : IDisposable
{
    readonly DirectoryInfo _folder;

    /// <summary>Makes one.</summary>
    /// <param name="parent">The folder that it is in; null: the one for temporary files.</param>
    public TemporaryFolder(string? parent = null) =>
        _folder = parent is null
            ? Directory.CreateTempSubdirectory("coke-benchmark")
            : Directory.CreateDirectory(System.IO.Path.Combine(parent, System.IO.Path.GetRandomFileName()));

    /// <summary>Where it is.</summary>
    public string Path => _folder.FullName;

    /// <summary>A database file in it.</summary>
    public string Database => At("coke.db");

    /// <summary>Bytes on disk, write-ahead log included.</summary>
    public long Size => _folder.EnumerateFiles().Sum(file => file.Length);

    /// <summary>A file in it.</summary>
    public string At(string file) => System.IO.Path.Combine(Path, file);

    public void Dispose() => _folder.Delete(recursive: true);
}
