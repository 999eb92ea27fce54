namespace CoKe.Faults.Tests;

/// <summary>Every case has a short form, which each run of the tests takes, and a whole one: <c>./test.sh --all</c>.</summary>
static class Length
{
    public static bool IsWhole { get; } = Environment.GetEnvironmentVariable("COKE_ALL") is "1";

    public static T Of<T>(T ofShort, T ofWhole) => IsWhole ? ofWhole : ofShort;
}
