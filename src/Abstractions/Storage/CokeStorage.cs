namespace CoKe.Abstractions.Storage;

/// <summary>How grains and hosts name the storage of runs. Which database is behind the name is the host's choice.</summary>
public static class CokeStorage
{
    /// <summary>The keyed name that grains ask their grain storage by.</summary>
    public const string Name = "coke";

    /// <summary>
    /// The service that rows belong to. It is the storage's own, whatever the silo's service and cluster are called, so that a silo started
    /// again under another cluster id, or embedded in another program, finds its rows.
    /// </summary>
    public const string ServiceId = "coke";

    /// <summary>The database file where nothing else is asked for: <c>coke-data/coke.db</c> under the current folder.</summary>
    public static string DefaultPath => Path.Combine("coke-data", DefaultFileName);

    /// <summary>The name of the database file in a folder.</summary>
    public const string DefaultFileName = "coke.db";

    /// <summary>The database file of a path given by a person: the path itself, or <c>coke.db</c> in it if it is a folder.</summary>
    /// <param name="path">An existing folder, a path that ends in a separator (a folder to come), or a file.</param>
    public static string FileAt(string path) =>
        Directory.Exists(path) || Path.EndsInDirectorySeparator(path) ? Path.Combine(path, DefaultFileName) : path;
}
