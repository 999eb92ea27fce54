using CoKe.Abstractions;
using CoKe.Client;

namespace CoKe.Cli.Clustering;

/// <summary>Names a run after its file where the user gives no name.</summary>
static class RunName
{
    /// <summary>A name after the file's, with a number behind it when the silo has such a run already.</summary>
    public static async Task<string> FreeAsync(CokeClient client, string path)
    {
        var full = Path.GetFullPath(path);
        var stem = RunNames.After(Directory.Exists(full) ? Path.GetFileName(full) : Path.GetFileNameWithoutExtension(full), "features");
        var taken = (await client.ListRunsAsync()).Select(run => run.Name).ToHashSet();
        return Enumerable.Range(1, taken.Count + 1).Select(n => n == 1 ? stem : $"{stem}-{n}").First(name => !taken.Contains(name));
    }
}
