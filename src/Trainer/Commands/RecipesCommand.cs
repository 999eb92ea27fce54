using System.CommandLine;
using CoKe.Errors;
using CoKe.Trainer.Recipes;
using Spectre.Console;

namespace CoKe.Trainer.Commands;

/// <summary>The command line that lists recipes.</summary>
static class RecipesCommand
{
    const int PlainWidth = 200;

    public static Command Create()
    {
        var command = new Command("recipes", "Lists the recipes that come with the program; train takes their names.");
        command.SetAction(line =>
        {
            try
            {
                if (Console.IsOutputRedirected)
                    AnsiConsole.Profile.Width = PlainWidth;
                var table = new Table().Border(TableBorder.None).AddColumns("name", "what", "source");
                foreach (var recipe in BundledRecipes.Files.Select(file => RecipeReader.Read(file)))
                    table.AddRow(new Text(recipe.Name), new Text(recipe.What), new Text(recipe.Source));
                AnsiConsole.Write(table);
                Console.WriteLine();
                Console.WriteLine($"The files are in {BundledRecipes.Folder}.");
                return 0;
            }
            catch (Exception e) when (e is CokeException or IOException)
            {
                Console.Error.WriteLine(e.Message);
                return 1;
            }
        });
        return command;
    }
}
