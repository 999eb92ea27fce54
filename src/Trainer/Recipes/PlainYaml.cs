using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CoKe.Trainer.Recipes;

/// <summary>
/// Looks through YAML before anything is made of it: nodes are made by calls within calls, one for every bracket in a bracket, and a stack
/// that overflows ends the process without a word. Whoever only reads along needs no stack.
/// </summary>
static class PlainYaml
{
    /// <summary>Lists and sections within each other; a recipe has two or three.</summary>
    public const int Deepest = 16;

    /// <summary>Refuses text that is nested too deeply, or refers to parts of itself.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="where">The place of a line.</param>
    /// <exception cref="RecipeRefusedException">It does.</exception>
    /// <exception cref="YamlException">It is no YAML.</exception>
    public static void Check(string text, Func<long, string> where)
    {
        var parser = new Parser(new StringReader(text));
        for (var depth = 0; parser.MoveNext();)
        {
            if (parser.Current is not { } found)
                continue;
            depth += found.NestingIncrease;
            if (depth > Deepest + 2) // the stream and the document count too
                throw Refuse(
                    found,
                    $"lists and sections are nested more than {Deepest} deep: a recipe is keys with their values, as 'seed: 0'"
                );
            if (found is AnchorAlias alias)
                throw Refuse(found, $"*{alias.Value} stands for another part of the recipe: write the value itself");
        }

        RecipeRefusedException Refuse(ParsingEvent at, string problem) =>
            new("recipe", where(at.Start.Line), $"{where(at.Start.Line)}: {problem}.");
    }
}
