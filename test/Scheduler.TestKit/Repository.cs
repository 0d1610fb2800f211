namespace Scheduler.TestKit;

/// <summary>The folder everything of the repository is in.</summary>
public static class Repository
{
    /// <summary>Its path. Throws when the running assembly is not below one.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props"))) { folder = folder.Parent; }
        return folder?.FullName ?? throw new InvalidOperationException($"no Directory.Packages.props above {AppContext.BaseDirectory}");
    }
}
