using System.Globalization;
using System.Text.RegularExpressions;
using CoKe.Errors;

namespace CoKe.Cli.Features;

/// <summary>
/// A folder whose .npy files are one array in pieces: <c>part-*.npy</c>, or all that have one name but for a number. The numbers are the
/// order, so that part-2 comes before part-10.
/// </summary>
/// <param name="Files">The shards in order, at least one.</param>
/// <param name="LeftOut">Names of all else in the folder, in order; a folder's ends with a slash.</param>
sealed partial record ShardFolder(IReadOnlyList<string> Files, IReadOnlyList<string> LeftOut)
{
    const string Ending = ".npy",
        UsualStart = "part-";

    // So many names are given of files that are missing, or in the way.
    const int MostNames = 5;

    /// <summary>Finds the shards of a folder.</summary>
    /// <exception cref="InvalidFileException">
    /// There are none, or several arrays could be meant, or a number is missing or comes twice.
    /// </exception>
    public static ShardFolder Of(string folder)
    {
        string[] files = [.. Directory.GetFiles(folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        var numberings = files
            .Where(name => name.EndsWith(Ending, StringComparison.OrdinalIgnoreCase))
            .SelectMany(Shard.Readings)
            .GroupBy(shard => shard.Pattern)
            .ToArray();
        string[] arrays = [.. numberings.SelectMany(one => one).Select(shard => shard.Name).Distinct()];
        if (arrays.Length == 0)
        {
            throw NpyFile.Refuse(
                folder,
                folder,
                $"is a folder without {UsualStart}*.npy{Have(files)}: " + "name the folder that holds the shards, or a file."
            );
        }

        var shards = Chosen(folder, arrays, numberings);
        CheckNumbers(folder, shards);
        string[] names = [.. shards.Select(shard => shard.Name)];
        var folders = Directory.GetDirectories(folder).Select(inner => Path.GetFileName(inner) + "/").Order(StringComparer.Ordinal);
        return new([.. names.Select(name => Path.Combine(folder, name))], [.. files.Except(names), .. folders]);
    }

    static Shard[] Chosen(string folder, string[] arrays, IGrouping<string, Shard>[] numberings)
    {
        if (arrays.Length == 1)
            return [numberings[0].First()];
        var usual = numberings.FirstOrDefault(one => one.Key == $"{UsualStart}*{Ending}");
        IGrouping<string, Shard>[] several = [.. numberings.Where(one => one.Count() > 1)];

        // Of part-1-of-3 both numbers could count; the other files tell which does.
        if ((usual is not null ? [usual] : several) is [var one])
            return [.. one.OrderBy(shard => shard.Number)];
        throw NpyFile.Refuse(
            folder,
            string.Join(", ", arrays.Take(MostNames)),
            $"holds {arrays.Length} .npy files that are not one array in numbered pieces{Have(arrays)}: "
                + $"name one of the files, or give the pieces of one array the names {UsualStart}0.npy, {UsualStart}1.npy and so on."
        );
    }

    static void CheckNumbers(string folder, Shard[] shards)
    {
        for (var i = 1; i < shards.Length; i++)
        {
            var (before, shard) = (shards[i - 1], shards[i]);
            if (shard.Number == before.Number)
            {
                throw NpyFile.Refuse(
                    folder,
                    shard.Name,
                    $"holds {before.Name} and {shard.Name}, two shards of one number: "
                        + "move one of them away, or give it a number of its own."
                );
            }

            if (shard.Number == before.Number + 1)
                continue;
            var missing =
                shard.Number - before.Number == 2 ? $"number {before.Number + 1}" : $"numbers {before.Number + 1} to {shard.Number - 1}";
            throw NpyFile.Refuse(
                folder,
                missing,
                $"has no shard of {missing} between {before.Name} and {shard.Name}, and every later row would be another image's: "
                    + "fetch what is missing, or number the shards without a gap."
            );
        }

        var first = shards[0];
        if (first.Total is { } total && shards.Length != total)
        {
            throw NpyFile.Refuse(
                folder,
                $"{shards.Length}",
                $"holds {shards.Length} shards, and {first.Name} is one of {total}: "
                    + "fetch the others, or leave the total out of the names."
            );
        }
    }

    static string Have(IReadOnlyCollection<string> names) => names.Count == 0 ? "" : $" ({List(names)})";

    /// <summary>Some names, and how many there are beyond them.</summary>
    public static string List(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(MostNames)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");

    /// <summary>A file as a piece of the array whose name has a star in place of one number.</summary>
    readonly record struct Shard(string Name, string Pattern, long Number, long? Total)
    {
        /// <summary>One reading for each number in a name; one without any stands for itself.</summary>
        public static IEnumerable<Shard> Readings(string name)
        {
            var stem = name[..^Ending.Length];
            var match = TotalPattern().Match(stem);
            var total = match.Success && TryRead(match.Groups[1].Value, out var of) ? of : (long?)null;
            var numbers = Digits().Matches(stem).Where(digits => TryRead(digits.Value, out _)).ToArray();
            if (numbers.Length == 0)
                yield return new(name, name, 0, null);
            foreach (var digits in numbers)
            {
                TryRead(digits.Value, out var number);
                yield return new(name, $"{stem[..digits.Index]}*{stem[(digits.Index + digits.Length)..]}{Ending}", number, total);
            }
        }

        static bool TryRead(string digits, out long number) =>
            long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();

    [GeneratedRegex("-of-([0-9]+)$")]
    private static partial Regex TotalPattern();
}
