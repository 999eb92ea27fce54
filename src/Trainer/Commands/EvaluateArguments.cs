using System.CommandLine;
using CoKe.Errors;
using CoKe.Settings;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Commands;

/// <summary>The options of <c>evaluate</c>.</summary>
sealed class EvaluateArguments
{
    readonly Argument<string?> _run = new("OUT")
    {
        Description = "The folder of a run, finished or stopped.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    readonly Option<string?> _weights = new("--weights")
    {
        Description = "Evaluate weights without a run: a whole encoder, or a backbone with torchvision's names.",
        HelpName = "FILE.safetensors",
    };
    readonly Option<string?> _recipe = new("--encoder")
    {
        Description = "With --weights: the recipe, by file or name, whose encoder it is.",
        HelpName = "RECIPE",
    };
    readonly Option<string[]> _set = new("--set")
    {
        Description = "With --weights: another value for a key of that recipe, as --set encoder.width=64; repeat it for several.",
        HelpName = "KEY=VALUE",
        DefaultValueFactory = _ => [],
    };
    readonly Option<string?> _prefix = new("--prefix")
    {
        Description = "With --weights: which encoder of a file that holds several, by what its names begin with.",
        HelpName = "NAME",
    };
    readonly Option<string?> _data = new("--data")
    {
        Description = "Folder of images with classes. Default: the run's or the recipe's, or the bundled part of Fashion-MNIST.",
        HelpName = "DIR",
    };
    readonly Option<int?> _threads = new("--threads") { Description = "Threads of libtorch. Default: the run's." };
    readonly Option<string?> _device = new("--device") { Description = "cpu, or cuda in a build with -p:Torch=cuda. Default: the run's." };
    readonly SettingArguments _silos = GatewaySettings.Arguments("Where the run's silos are, if they moved; repeat it for several.");

    public EvaluateArguments()
    {
        _device.AcceptOnlyFromAmong("cpu", "cuda");
        RunArguments.AtLeast(_threads, 1);
    }

    /// <summary>--json.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "Write JSON." };

    /// <summary>--fail-on-alarm.</summary>
    public Option<bool> FailOnAlarm { get; } = RunArguments.FailOnAlarmOption();

    public void AddTo(System.CommandLine.Command command)
    {
        command.Arguments.Add(_run);
        foreach (var option in (Option[])[_data, _weights, _recipe, _set, _prefix, _threads, _device, .. _silos.All, Json, FailOnAlarm])
            command.Options.Add(option);
    }

    /// <summary>What was asked for.</summary>
    /// <exception cref="InvalidOptionsException">Neither a run nor weights, both, or options of the other.</exception>
    /// <exception cref="RecipeRefusedException">The recipe cannot be used.</exception>
    public EvaluateOptions Read(ParseResult line)
    {
        var (folder, file, from) = (line.GetValue(_run), line.GetValue(_weights), line.GetValue(_recipe));
        var options = new EvaluateOptions(line.GetValue(_data), line.GetValue(_threads), line.GetValue(_device));
        if (folder is null == file is null)
            throw new InvalidOptionsException(
                "OUT",
                folder ?? "none",
                folder is null
                    ? "There is nothing to evaluate: name the folder of a run, or weights by --weights."
                    : "A run has its own weights: name a folder or --weights, not both."
            );
        if (file is null)
            return from is null && line.GetRequiredValue(_set).Length == 0 && line.GetValue(_prefix) is null
                ? options with
                {
                    Run = folder,
                    Silos = _silos.Read(line),
                }
                : throw new InvalidOptionsException(
                    "encoder",
                    from ?? line.GetRequiredValue(_set).FirstOrDefault() ?? line.GetValue(_prefix)!,
                    "--encoder, --set and --prefix belong to --weights, and a run has its own recipe: leave them out."
                );
        if (_silos.Read(line).FirstOrDefault() is { Key: not null } silo)
            throw new InvalidOptionsException(silo.Key, silo.Value, $"--{silo.Key} belongs to a run: weights have no clusters.");
        return options with
        {
            Weights = file,
            Prefix = line.GetValue(_prefix),
            Recipe = RecipeReader.Read(
                from
                    ?? throw new InvalidOptionsException(
                        "encoder",
                        "none",
                        "--weights needs --encoder: name the recipe whose encoder it is, as --encoder fashion-mnist."
                    ),
                values =>
                {
                    foreach (var assignment in line.GetRequiredValue(_set))
                        RecipeText.Set(assignment, values);
                }
            ),
        };
    }
}
