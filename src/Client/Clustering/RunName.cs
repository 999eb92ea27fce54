using System.Text.RegularExpressions;
using CoKe.Session;

namespace CoKe.Client.Clustering;

/// <summary>Names a run after its file where the user gives no name.</summary>
static partial class RunName
{
    const int LongestStem = 56;

    /// <summary>The file's stem, with a number behind it when the silo has such a run already.</summary>
    public static async Task<string> FreeAsync(CokeClient client, string path)
    {
        var stem = Stem(path);
        var taken = (await client.ListRunsAsync()).Select(run => run.Name).ToHashSet();
        return Enumerable.Range(1, taken.Count + 1).Select(n => n == 1 ? stem : $"{stem}-{n}").First(name => !taken.Contains(name));
    }

    internal static string Stem(string path)
    {
        var stem = Forbidden().Replace(Path.GetFileNameWithoutExtension(path), "-");
        return stem.Length == 0 ? "features" : stem[..Math.Min(stem.Length, LongestStem)];
    }

    [GeneratedRegex("[^A-Za-z0-9._-]")]
    private static partial Regex Forbidden();
}
