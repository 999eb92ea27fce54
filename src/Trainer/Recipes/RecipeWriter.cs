using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace CoKe.Trainer.Recipes;

/// <summary>Writes a recipe so that it stands alone: every key that has a value, defaults included.</summary>
static class RecipeWriter
{
    /// <summary>The file of a run that it is written to.</summary>
    public const string FileName = "recipe.yaml";

    static readonly ISerializer Yaml = new SerializerBuilder()
        .WithQuotingNecessaryStrings()
        .WithDefaultScalarStyle(ScalarStyle.Any)
        .WithIndentedSequences()
        .Build();

    /// <summary>YAML, to be read by <see cref="RecipeReader"/>.</summary>
    public static string Write(RecipeFile recipe)
    {
        var root = new Dictionary<string, object>();
        foreach (var key in RecipeKeys.All)
        {
            if (key.Write(recipe) is not { } value || value is "")
                continue;
            var parts = key.Name.Split('.');
            if (parts.Length == 1)
            {
                root[key.Name] = value;
                continue;
            }
            if (!root.TryGetValue(parts[0], out var section))
                root[parts[0]] = section = new Dictionary<string, object>();
            ((Dictionary<string, object>)section)[parts[1]] = value;
        }
        return Yaml.Serialize(root);
    }
}
