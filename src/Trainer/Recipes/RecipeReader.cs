using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Images;
using CoKe.Learning.Training;

namespace CoKe.Trainer.Recipes;

/// <summary>Makes a recipe of files and options, and refuses what cannot be run, before anything begins.</summary>
static class RecipeReader
{
    /// <summary>Reads a file, or one of <see cref="BundledRecipes"/> by its name.</summary>
    /// <param name="path">A path, or a name.</param>
    /// <param name="take">Takes what was given beside the file.</param>
    /// <exception cref="RecipeRefusedException">Unknown keys, wrong types, values out of range, or values that do not go together; names
    /// file, line and key.</exception>
    public static RecipeFile Read(string path, Action<Dictionary<string, GivenValue>>? take = null)
    {
        var file = BundledRecipes.Find(path) ?? path;
        var values = RecipeText.Read(file);
        take?.Invoke(values);
        var recipe = Of(values, new RecipeFile { Recipe = RecipeDefaults.Recipe }) with { Name = Path.GetFileNameWithoutExtension(file) };
        Check(recipe);
        return recipe;
    }

    /// <summary>Reads text, with nothing for what it does not say.</summary>
    /// <param name="text">YAML without a base.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="RecipeRefusedException">Unknown keys, or wrong types.</exception>
    public static RecipeFile ReadAlone(string text, string name) => Of(RecipeText.Of(text, name), new RecipeFile { Recipe = new Recipe() });

    static RecipeFile Of(Dictionary<string, GivenValue> values, RecipeFile defaults)
    {
        var recipe = defaults with { Given = values.Where(given => !RecipeText.IsNull(given.Value.Value)).ToDictionary() };
        foreach (var (name, given) in recipe.Given)
            recipe = Taken(recipe, name, given);
        return recipe;
    }

    /// <summary>A recipe with a value for a key.</summary>
    /// <exception cref="RecipeRefusedException">It has a wrong type, or is out of range.</exception>
    public static RecipeFile Taken(RecipeFile recipe, string name, GivenValue given)
    {
        var key = RecipeKeys.Find(name)!;
        return key.Read(recipe, given.Value)
            ?? throw new RecipeRefusedException(
                name,
                given.Text,
                $"{given.Where}: {name} is {(given.Text.Length == 0 ? "empty" : given.Text)}; it takes {key.Takes}."
            );
    }

    /// <summary>Refuses what does not go together, as far as it can be told without the images.</summary>
    static void Check(RecipeFile file)
    {
        var recipe = file.Recipe;
        // Where no folder is named, images are the bundled ones; those of a folder of any format are checked when it is opened.
        var (channels, size) = recipe.Data.Format switch
        {
            DataFormat.Folders => (3, (ImageSize?)null),
            DataFormat.Any when file.Folder is not null => (3, null),
            DataFormat.Cifar10 or DataFormat.Cifar100 => (3, new ImageSize(32, 32)),
            _ => (1, new ImageSize(28, 28)),
        };
        Explained(file, () =>
        {
            Require(
                recipe.Evaluation.Classes == ClassLevel.Fine || recipe.Data.Format == DataFormat.Cifar100,
                nameof(recipe.Evaluation.Classes),
                "coarse",
                "needs data.format cifar-100, which alone has coarse classes: leave it out with other data"
            );
            Require(
                recipe.Clustering.StageTwoAfterEpoch is null || recipe.Clustering.Targets.AreCommitted,
                nameof(recipe.Clustering.StageTwoAfterEpoch),
                $"{recipe.Clustering.StageTwoAfterEpoch}",
                "averages labels and centers of committed epochs: leave it out, or take clustering.labels and clustering.centers of the "
                    + "last epoch"
            );
            Require(
                recipe.Clustering.StageTwoAfterEpoch is null || recipe.Clustering.StageTwoAfterEpoch < recipe.Schedule.Epochs,
                nameof(recipe.Clustering.StageTwoAfterEpoch),
                $"{recipe.Clustering.StageTwoAfterEpoch}",
                $"never begins: there are {recipe.Schedule.Epochs} epochs; give less, or leave it out"
            );
            Require(
                recipe.Clustering.Centers == TargetEpoch.Last || !recipe.Clustering.CentersByEpoch,
                nameof(recipe.Clustering.Centers),
                "current",
                "needs clustering.center-schedule batch: by epoch, centers do not move before its end"
            );
            Require(
                recipe.Schedule.WarmUpEpochs < recipe.Schedule.Epochs,
                nameof(recipe.Schedule.WarmUpEpochs),
                $"{recipe.Schedule.WarmUpEpochs}",
                $"leaves nothing of {recipe.Schedule.Epochs} epochs: give less, as schedule.warm-up-epochs=0"
            );
            Require(
                recipe.Data.Format is DataFormat.Any or DataFormat.Folders || recipe.Data.ShorterSide is null,
                nameof(recipe.Data.ShorterSide),
                $"{recipe.Data.ShorterSide}",
                "is for image folders: leave it out with other data"
            );
            recipe.LearnerOf(channels, size);
            return recipe.ClusteringOf(Math.Max(recipe.Heads.Max(), file.Images ?? 0), file.Seed);
        });
    }

    /// <summary>Does something that validates options, and says of what it refuses where it was given.</summary>
    /// <param name="file">The recipe as it was written; null: what is refused has no place.</param>
    /// <param name="work">Validates.</param>
    /// <exception cref="RecipeRefusedException">An option was refused that a recipe has a key for.</exception>
    public static T Explained<T>(RecipeFile? file, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (InvalidOptionsException e) when (file is not null && KeyOf(e.Field) is { } key)
        {
            throw file.Given.TryGetValue(key.Name, out var given)
                ? new RecipeRefusedException(key.Name, e.Value, $"{given.Where}: {key.Name}: {e.Message}", e)
                : new RecipeRefusedException(
                    key.Name,
                    e.Value,
                    $"{(file.Name.Length > 0 ? $"{file.Name}: " : "")}{key.Name}, which is not given: {e.Message}",
                    e
                );
        }
    }

    /// <summary>The key of an option of the trainer or of the clustering; null: there is none.</summary>
    public static RecipeKey? KeyOf(string field)
    {
        var name = field[(field.LastIndexOf('.') + 1)..];
        return name is "ClusterCount" ? RecipeKeys.Find("heads")
            : name is "CenterSchedule" ? RecipeKeys.Find("clustering.center-schedule")
            : name is "CenterRule" ? RecipeKeys.Find("clustering.center-rule")
            : RecipeKeys.All.FirstOrDefault(key => key.Field == name || (name == "BaseWidth" && key.Field == "Width"));
    }

    static void Require(bool holds, string field, string value, string problem)
    {
        if (!holds)
            throw new InvalidOptionsException(field, value, $"{value} {problem}.");
    }
}
