using System.Xml.Linq;

namespace CoKe.Architecture.Tests;

/// <summary>The projects under src are the rooms of docs/architecture.md, and use each other in one direction.</summary>
public sealed class RoomTests
{
    const string Nothing = "-";

    // What each room uses, from the top to the ground.
    static readonly List<(string Room, string[] Uses)> Rooms =
    [
        .. File.ReadLines(Repository.At("docs/architecture.md"))
            .SkipWhile(line => line != "| room | uses |")
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (cells[1], cells[2] == Nothing ? [] : cells[2].Split(", "))),
    ];

    [Fact]
    public void Projects_AreTheRoomsOfTheTable_AndUseWhatItSays()
    {
        var projects = Directory
            .GetFiles(Repository.At("src"), "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetFileNameWithoutExtension(file)["CoKe.".Length..])
            .Order(StringComparer.Ordinal);
        Assert.Equal(projects, Rooms.Select(one => one.Room).Order(StringComparer.Ordinal));
        Assert.All(Rooms, one => Assert.Equal(one.Uses, UsedBy(one.Room)));
    }

    [Fact]
    public void Arrows_PointDownwards()
    {
        for (var place = 0; place < Rooms.Count; place++)
        {
            foreach (var used in Rooms[place].Uses)
            {
                Assert.True(
                    Rooms.FindIndex(one => one.Room == used) > place,
                    $"{Rooms[place].Room} uses {used}, which stands above it in docs/architecture.md: "
                        + "who is used must know nothing of those that use it, or nobody can read or test one without the other."
                );
            }
        }
    }

    static IEnumerable<string> UsedBy(string room) =>
        XDocument
            .Load(Repository.At($"src/{room}/CoKe.{room}.csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)["CoKe.".Length..])
            .Order(StringComparer.Ordinal);
}
