using CoKe.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CoKe.Trainer.Recipes;

/// <summary>A recipe as text: keys and values with their places, those of its base first.</summary>
static class RecipeText
{
    const string Base = "base";
    const int MostBases = 8,
        MostBytes = 1 << 20;

    /// <summary>The values of a file and of its bases; a later one replaces an earlier one, null takes it away. What a file is about is its
    /// own.</summary>
    /// <exception cref="RecipeRefusedException">The file or a base cannot be read, or has unknown keys.</exception>
    public static Dictionary<string, GivenValue> Read(string path) => Read(path, path, []);

    /// <summary>The values of text without a base.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="name">What places are called by.</param>
    public static Dictionary<string, GivenValue> Of(string text, string name)
    {
        var values = new Dictionary<string, GivenValue>();
        Take(text, line => $"{name}:{line}", values, _ => { });
        return values;
    }

    /// <summary>Takes values into <paramref name="into"/>.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="where">The place of a line.</param>
    /// <param name="into">By names of keys.</param>
    /// <param name="named">Told of the base.</param>
    static void Take(string text, Func<long, string> where, Dictionary<string, GivenValue> into, Action<GivenValue> named)
    {
        var stream = new YamlStream();
        try
        {
            PlainYaml.Check(text, where);
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new RecipeRefusedException(
                "recipe",
                where(e.Start.Line),
                $"{where(e.Start.Line)}: this is no YAML ({e.Message.TrimEnd('.')}): mend the line.",
                e
            );
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException) // the reader's own confusion
        {
            throw new RecipeRefusedException(
                "recipe",
                where(1),
                $"{where(1)}: this is no YAML ({e.Message.TrimEnd('.')}): mend the file.",
                e
            );
        }
        if (stream.Documents.Count == 0)
            return;
        if (stream.Documents.Count > 1 || stream.Documents[0].RootNode is not YamlMappingNode root)
            throw new RecipeRefusedException(
                "recipe",
                where(1),
                $"{where(1)}: a recipe is one list of keys with their values, as 'seed: 0'; this is something else."
            );
        Take(root, "", where, into, named);
    }

    static void Take(
        YamlMappingNode mapping,
        string section,
        Func<long, string> where,
        Dictionary<string, GivenValue> into,
        Action<GivenValue> named
    )
    {
        foreach (var (key, value) in mapping.Children)
        {
            var place = where(key.Start.Line);
            if (key is not YamlScalarNode { Value: { Length: > 0 } word })
                throw new RecipeRefusedException(section, "", $"{place}: a key must be a word.");
            var name = section.Length == 0 ? word : $"{section}.{word}";
            if (name == Base && value is YamlScalarNode)
                named(new GivenValue(value, place));
            else if (RecipeKeys.Find(name) is not null && value is YamlScalarNode or YamlSequenceNode)
                Require(
                    into.TryAdd(name, new GivenValue(value, place)),
                    name,
                    place,
                    $"{name} is given twice: " + "leave one of them out."
                ); // as schedule.epochs and in schedule
            else if (RecipeKeys.IsSection(name) && value is YamlMappingNode inner)
                Take(inner, name, where, into, named);
            else if (RecipeKeys.IsSection(name))
                Require(
                    IsNull(value),
                    name,
                    place,
                    $"{name} is a section and takes keys, "
                        + $"for instance {RecipeKeys.All.First(k => k.Name.StartsWith($"{name}.", StringComparison.Ordinal)).Name}."
                );
            else if (RecipeKeys.Find(name) is not null)
                throw Unknown(name, place, $"{name} takes one value and no keys.");
            else if (section.Length == 0 && value is YamlMappingNode { Children.Count: > 0 } unknown)
                Take(unknown, name, where, into, named); // to name the whole of a key
            else
                throw Unknown(name, place, null);
        }
    }

    /// <summary>Takes one <c>key=value</c> of the command line.</summary>
    /// <exception cref="RecipeRefusedException">It is none, or the key is unknown.</exception>
    public static void Set(string assignment, Dictionary<string, GivenValue> into)
    {
        var where = $"--set {assignment}";
        var at = assignment.IndexOf('=');
        if (at < 1)
            throw new RecipeRefusedException("set", assignment, $"{where}: write a key, = and a value, as --set schedule.epochs=10.");
        var name = assignment[..at];
        if (RecipeKeys.Find(name) is null)
            throw Unknown(
                name,
                where,
                RecipeKeys.IsSection(name)
                    ? $"{name} is a section: name one of its keys, "
                        + $"as {RecipeKeys.All.First(k => k.Name.StartsWith($"{name}.", StringComparison.Ordinal)).Name}."
                    : null
            );
        Set(name, assignment[(at + 1)..], where, into);
    }

    /// <summary>Takes a value of the command line.</summary>
    public static void Set(string name, string value, string where, Dictionary<string, GivenValue> into)
    {
        var list = value.StartsWith('[') && value.EndsWith(']');
        into[name] = new GivenValue(
            list
                ? new YamlSequenceNode(value[1..^1].Split(',').Select(item => new YamlScalarNode(item.Trim())))
                : new YamlScalarNode(value),
            where
        );
    }

    /// <summary>Takes text of the command line as it is: a folder may be named null or [a], and none at all, as of an empty variable, is
    /// not the default.</summary>
    public static void SetText(string name, string value, string where, Dictionary<string, GivenValue> into) =>
        into[name] = new GivenValue(new YamlScalarNode(value) { Style = ScalarStyle.DoubleQuoted }, where);

    static Dictionary<string, GivenValue> Read(string path, string where, List<string> chain)
    {
        var full = FullPath(path, where);
        if (chain.Contains(full) || chain.Count == MostBases)
            throw new RecipeRefusedException(
                Base,
                path,
                $"{where}: {path} is based on itself, or on too many others: end the chain of bases."
            );
        var (values, own, ancestor) = (new Dictionary<string, GivenValue>(), new Dictionary<string, GivenValue>(), (GivenValue?)null);
        Take(Content(path, where), line => $"{path}:{line}", own, given => ancestor = given);
        if (ancestor is not null)
            foreach (var (name, value) in Read(BundledRecipes.BaseOf(path, ancestor.Text), ancestor.Where, [.. chain, full]))
                if (!name.StartsWith("about.", StringComparison.Ordinal))
                    values[name] = value;
        foreach (var (name, value) in own)
            values[name] = value;
        return values;
    }

    static string FullPath(string path, string where)
    {
        try
        {
            return Path.GetFullPath(path);
        }
        catch (ArgumentException e) // nothing, or what no name of a file may hold
        {
            throw Unreadable(path, where, e);
        }
    }

    static string Content(string path, string where)
    {
        try
        {
            return FirstBytes.Problem(FirstBytes.Of(path), Wanted.Recipe) is { } problem
                && !problem.StartsWith("is empty", StringComparison.Ordinal)
                    ? throw new RecipeRefusedException("recipe", path, $"{(where == path ? "" : $"{where}: ")}The recipe {path} {problem}")
                : new FileInfo(path).Length > MostBytes
                    ? throw new RecipeRefusedException(
                        "recipe",
                        path,
                        $"{(where == path ? "" : $"{where}: ")}The recipe {path} has more than {MostBytes} bytes, which no recipe has: "
                            + "give another path."
                    )
                : File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, where, e);
        }
    }

    static RecipeRefusedException Unreadable(string path, string where, Exception e) =>
        new(
            "recipe",
            path,
            $"{(where == path ? "" : $"{where}: ")}The recipe {path} cannot be read ({e.Message.TrimEnd('.')}): give another path, "
                + "or a name that coke-train recipes lists.",
            e
        );

    /// <summary>Whether a value says that there is none.</summary>
    public static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain or ScalarStyle.Any, Value: null or "" or "~" or "null" };

    static void Require(bool holds, string name, string place, string problem)
    {
        if (!holds)
            throw new RecipeRefusedException(name, "", $"{place}: {problem}");
    }

    static RecipeRefusedException Unknown(string name, string place, string? problem) =>
        new(name, "", $"{place}: {problem ?? $"There is no key {name}; the nearest is {RecipeKeys.Nearest(name)}."}");
}
