namespace CoKe.Benchmarks;

/// <summary>A folder for one measurement, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coke-benchmark");

    /// <summary>A database file in it.</summary>
    public string Database => Path.Combine(_folder.FullName, "coke.db");

    /// <summary>Bytes on disk, write-ahead log included.</summary>
    public long Size => _folder.EnumerateFiles().Sum(file => file.Length);

    public void Dispose() => _folder.Delete(recursive: true);
}
