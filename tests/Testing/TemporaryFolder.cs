namespace CoKe.Testing;

/// <summary>A folder that is gone with what it was made for.</summary>
/// <param name="parent">The folder that it is in; null: the one for temporary files.</param>
sealed class TemporaryFolder(string? parent = null) : IDisposable
{
    /// <summary>Where it is.</summary>
    public string Path { get; } =
        parent is null
            ? Directory.CreateTempSubdirectory("coke-").FullName
            : Directory.CreateDirectory(System.IO.Path.Combine(parent, System.IO.Path.GetRandomFileName())).FullName;

    /// <summary>A database file in it.</summary>
    public string Database => File("coke.db");

    /// <summary>A file in it.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
