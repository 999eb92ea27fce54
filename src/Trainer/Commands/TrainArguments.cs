using System.CommandLine;
using CoKe.Abstractions;
using CoKe.Errors;
using CoKe.Learning.Resume;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;

namespace CoKe.Trainer.Commands;

/// <summary>The command line of training by a recipe.</summary>
sealed class TrainArguments
{
    readonly RunArguments _run = new();
    readonly Option<string[]> _set = new("--set")
    {
        Description = "Another value for a key of the recipe, as --set schedule.epochs=10; repeat it for several.",
        HelpName = "KEY=VALUE",
        DefaultValueFactory = _ => [],
    };

    /// <summary>The recipe.</summary>
    public Argument<string?> Recipe { get; } =
        new("RECIPE")
        {
            Description = "A recipe file, or a name that 'recipes' lists. Not needed with --resume.",
            Arity = ArgumentArity.ZeroOrOne,
        };

    /// <summary>The options that every command has which trains.</summary>
    public RunArguments Run => _run;

    public IEnumerable<Option> All => [_set, .. _run.All.First, .. _run.All.Last];

    /// <inheritdoc cref="RunArguments.Read"/>
    /// <exception cref="RecipeRefusedException">The recipe cannot be run.</exception>
    public RunOptions Read(ParseResult line) =>
        _run.Read(line, () => File(line), begun => Agree(line, begun), recipe => RunNames.After(recipe.Name, "recipe"));

    RecipeFile File(ParseResult line) =>
        RecipeReader.Read(
            line.GetValue(Recipe)
                ?? throw new InvalidOptionsException(
                    "recipe",
                    "none",
                    "There is no recipe: name a file, or one that 'coke-train recipes' lists."
                ),
            values =>
            {
                foreach (var assignment in line.GetRequiredValue(_set))
                    RecipeText.Set(assignment, values);
                _run.Take(line, values);
            }
        );

    /// <summary>
    /// What is given of the recipe must be what the run was begun with, but where its images are and what nothing that is learned depends
    /// on: that may change while the run goes on.
    /// </summary>
    Recipe Agree(ParseResult line, RunRecord begun)
    {
        var own = new RecipeFile
        {
            Seed = begun.Seed,
            Images = begun.Images,
            Threads = begun.Threads,
            Device = begun.Device,
            Recipe = begun.Recipe,
        };
        if (line.GetValue(Recipe) is null)
            return Changed(line, own);
        var asked = File(line);
        var whenBegun = own with { Recipe = begun.Asked ?? begun.Recipe };
        foreach (
            var key in RecipeKeys.All.Where(key =>
                key.Name != "data.folder" && !key.Name.StartsWith("about.", StringComparison.Ordinal) && !key.MayChange
            )
        )
            if (key.Text(asked) != key.Text(own)) // recipe.yaml of the run itself has what the run decided
                RunArguments.Agree(key.Name, key.Text(asked) ?? "no value", key.Text(whenBegun) ?? "no value");
        return Changed(line, own);
    }

    /// <summary>The run's own recipe with what the line sets in it.</summary>
    Recipe Changed(ParseResult line, RecipeFile own)
    {
        foreach (var assignment in line.GetRequiredValue(_set))
        {
            var values = new Dictionary<string, GivenValue>();
            RecipeText.Set(assignment, values);
            var (name, given) = values.Single();
            var key = RecipeKeys.Find(name)!;
            var changed = RecipeReader.Taken(own, name, given);
            if (!key.MayChange && key.Text(changed) != key.Text(own) && line.GetValue(Recipe) is null)
                throw new ResumeRefusedException(
                    "set",
                    assignment,
                    $"--set {assignment} would change what the run learns, and it keeps its recipe: leave it out, "
                        + "or begin another run in another folder. "
                        + $"What may change is {string.Join(", ", RecipeKeys.All.Where(one => one.MayChange).Select(one => one.Name))}."
                );
            if (key.MayChange)
                own = changed;
        }
        return own.Recipe;
    }
}
