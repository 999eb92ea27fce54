using System.CommandLine;
using CoKe.Settings;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;

namespace CoKe.Trainer.Commands;

/// <summary>The options of the demo: a run of one recipe, with a few of its keys as options.</summary>
sealed class DemoArguments
{
    /// <summary>The recipe that the demo runs.</summary>
    public const string RecipeName = "fashion-mnist";

    // What the recipe says; a test compares the two.
    static readonly Recipe Default = RecipeDefaults.Recipe;

    readonly RunArguments run = new();
    readonly Option<int> epochs = new("--epochs")
    {
        Description = $"Epochs of training, after one scan. Default: {Default.Schedule.Epochs}.",
    };
    readonly Option<int[]> heads = new("--heads")
    {
        Description = $"Number of clusters of every head; the smallest is evaluated. Default: {string.Join(',', Default.Heads)}.",
        HelpName = "K[,K...]",
        CustomParser = HeadsArgument.Parse,
        AllowMultipleArgumentsPerToken = true,
    };
    readonly Option<double> rotation = new("--rotation")
    {
        Description = "Rotate views by up to so many degrees; 15 suits digits. Default: 0.",
    };
    readonly Option<bool?> flip = new("--flip")
    {
        Description =
            "Mirror half of the views, true or false. Default: color images yes, gray ones no (digits, letters and shoes have a side).",
    };

    readonly Option<int?> evaluateEvery = new("--evaluate-every")
    {
        Description = "Every so many epochs, show what the classes say; training does not notice. Default: never.",
        HelpName = "N",
    };

    public DemoArguments()
    {
        RunArguments.AtLeast(evaluateEvery, 1);
        RunArguments.AtLeast(epochs, 1);
        rotation.Validators.Add(result =>
        {
            if (RunArguments.NumberIn(result) is not (null or (>= 0 and <= 180)))
                result.AddError("--rotation must be 0 to 180 degrees.");
        });
    }

    public IEnumerable<Option> All => [.. run.All.First, epochs, heads, rotation, flip, evaluateEvery, .. run.All.Last];

    /// <summary>Those that every command has which trains.</summary>
    public RunArguments Run => run;

    /// <inheritdoc cref="RunArguments.Read"/>
    public RunOptions Read(ParseResult line) => run.Read(line, () => RecipeReader.Read(RecipeName, values =>
                {
                    run.Take(line, values);
                    RunArguments.Take(line, epochs, "schedule.epochs", values);
                    if (line.GetValue(epochs) == 1)
                        RecipeText.Set("schedule.warm-up-epochs", "0.5", epochs.Name, values); // the recipe's own would leave nothing of it
                    RunArguments.Take(line, heads, "heads", values);
                    RunArguments.Take(line, rotation, "views.rotation", values);
                    RunArguments.Take(line, evaluateEvery, "evaluation.every", values);
                    if (line.GetValue(flip) is { } mirrored)
                        RecipeText.Set("views.flip", mirrored ? "true" : "false", flip.Name, values);
                }), begun => Agree(line, begun), _ => RunOptions.DefaultRunName);

    Recipe Agree(ParseResult line, RunRecord begun)
    {
        RunArguments.Agree(line, epochs, begun.Recipe.Schedule.Epochs, RunArguments.Text);
        RunArguments.Agree(line, heads, [.. begun.Recipe.Heads], k => string.Join(' ', k!));
        RunArguments.Agree(line, rotation, begun.Recipe.Views.Rotation ?? 0, RunArguments.Text);
        RunArguments.Agree(line, flip, begun.Recipe.Views.Flip, RunArguments.Text);
        return line.GetValue(evaluateEvery) is { } every
            ? begun.Recipe with
            {
                Evaluation = begun.Recipe.Evaluation with { EvaluateEvery = every },
            }
            : begun.Recipe;
    }
}
