namespace CoKe.Silo.Tests.Access;

/// <summary>The authority of a cluster and a foreign one, whose files lie in one folder until the end of a test.</summary>
sealed class TestAuthorities : IDisposable
{
    public TestAuthorities()
    {
        Own = new TestAuthority(Folder.Path);
        Foreign = new TestAuthority(Folder.Path, "foreign");
    }

    public TemporaryFolder Folder { get; } = new();

    public TestAuthority Own { get; }

    public TestAuthority Foreign { get; }

    public void Dispose()
    {
        Own.Dispose();
        Foreign.Dispose();
        Folder.Dispose();
    }
}
